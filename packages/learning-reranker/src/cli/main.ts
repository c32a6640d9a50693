/** Runs the command line of this process. */
import { main } from './program.js';

// Programs such as head close the pipe when they have read enough. This is no failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0);
  throw error;
});

await main(process.argv);
