import { describe, expect, it } from 'vitest';
import { formatSeconds, Progress } from '../../src/cli/progress.js';

function stream(isTTY: boolean) {
  const written: string[] = [];
  const target = { isTTY, columns: 80, write: (text: string) => written.push(text) };
  return { written, target: target as unknown as NodeJS.WriteStream };
}

describe('progress', () => {
  it('redraws one line on a terminal and leaves one line at the end', () => {
    const { written, target } = stream(true);
    const progress = new Progress('train', target);
    progress.update({ share: 0.5, text: 'step 5/10  loss 0.4321', etaSeconds: 65 });
    expect(written.join('')).not.toContain('\n');
    expect(written.join('')).toMatch(/train .* 50%\s+step 5\/10 {2}loss 0\.4321 {2}ETA 1 min 05 s/);
    progress.done('10 steps');
    const last = written.at(-1) ?? '';
    expect(last).toMatch(/train {2}10 steps.*\n$/);
    expect(written.at(-2)).toBe('\r\u001b[2K');
  });

  it('writes a few plain lines if the output is not a terminal', () => {
    const { written, target } = stream(false);
    const progress = new Progress('score', target);
    for (let done = 0; done < 100; done++) {
      progress.update({ share: done / 100, text: `${done}/100 pairs` });
    }
    expect(written).toHaveLength(1);
    expect(written[0]).toMatch(/^score +0% {2}0\/100 pairs\n$/);
  });

  it('never writes a line that is wider than the terminal', () => {
    const { written, target } = stream(true);
    new Progress('train', target).update({ share: 0.1, text: 'x'.repeat(500) });
    // biome-ignore lint/suspicious/noControlCharactersInRegex: colours are control characters
    const visible = written.join('').replace(/\r|\u001b\[[0-9;]*[A-Za-z]/g, '');
    expect(visible.length).toBeLessThanOrEqual(80);
  });

  it('formats durations in seconds and minutes', () => {
    expect([0.42, 9.96, 43.2, 59.6, 65, 3605].map(formatSeconds)).toEqual([
      '0.4 s',
      '10 s',
      '43 s',
      '1 min 00 s',
      '1 min 05 s',
      '60 min 05 s',
    ]);
  });
});
