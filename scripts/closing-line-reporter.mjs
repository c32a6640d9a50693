/**
 * A Vitest reporter whose last line is `N passed, N failed, N skipped`, for readers that know no test
 * runner. With TEST_COUNTS_FILE the line goes there instead, so that several runs add up to one line; the
 * names of what failed follow it, each with the first line of its error.
 */
import { writeFileSync } from 'node:fs';

export default class ClosingLineReporter {
  onTestRunEnd(modules, unhandledErrors) {
    // A file that does not load has no tests; it counts as one that failed.
    const counts = { passed: 0, failed: unhandledErrors.length, skipped: 0 };
    const failed = unhandledErrors.map(({ message }) => `outside of tests: ${message}`);
    for (const module of modules) {
      if (module.errors().length > 0) {
        counts.failed++;
        failed.push(module.relativeModuleId);
      }
      for (const test of module.children.allTests()) {
        const { state, errors } = test.result();
        counts[state === 'passed' || state === 'failed' ? state : 'skipped']++;
        if (state === 'failed') {
          const why = errors?.[0]?.message.split('\n')[0] ?? 'no error was given';
          failed.push(`${module.relativeModuleId} > ${test.fullName}: ${why}`);
        }
      }
    }
    const line = `${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`;
    const file = process.env.TEST_COUNTS_FILE;
    if (file) writeFileSync(file, [line, ...failed, ''].join('\n'));
    else console.log(line);
  }
}
