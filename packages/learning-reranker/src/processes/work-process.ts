/** The child process that runs one function of a module and sends back its result. */
import { serveOnce } from './child.js';
import type { HeavyFunction, WorkProgress, WorkRequest } from './heavy-work.js';

serveOnce<WorkRequest, WorkProgress, unknown>(async ({ module, name, request }, tools) => {
  const functions = (await import(module)) as Readonly<
    Record<string, HeavyFunction<never, unknown>>
  >;
  const run = functions[name];
  if (!run) throw new Error(`${module} exports no function '${name}'`);
  return run(request as never, tools);
});
