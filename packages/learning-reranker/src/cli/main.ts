/** Runs the command line of this process. */
import { main } from './program.js';

// A reader that has enough, such as head, closes the pipe: no failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0);
  throw error;
});

await main(process.argv);
