/**
 * A Vitest reporter that ends with the line `N passed, N failed, N skipped`. If TEST_COUNTS_FILE is set, it
 * writes the line to that file instead, followed by each failed test with the first line of its error, so that
 * a script can add up several runs.
 */
import { writeFileSync } from 'node:fs';

export default class ClosingLineReporter {
  onTestRunEnd(modules, unhandledErrors) {
    // A file that does not load has no tests. It counts as one failure.
    const counts = { passed: 0, failed: unhandledErrors.length, skipped: 0 };
    const failed = unhandledErrors.map(({ message }) => `outside a test: ${message}`);
    for (const module of modules) {
      if (module.errors().length > 0) {
        counts.failed++;
        failed.push(module.relativeModuleId);
      }
      for (const test of module.children.allTests()) {
        const { state, errors } = test.result();
        counts[state === 'passed' || state === 'failed' ? state : 'skipped']++;
        if (state === 'failed') {
          const why = errors?.[0]?.message.split('\n')[0] ?? 'no error message';
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
