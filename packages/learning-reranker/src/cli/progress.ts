/** Shows progress: a line that is redrawn on a terminal, and a plain line every ten seconds elsewhere. */
import { styleText } from 'node:util';

export interface ProgressState {
  /** 0 to 1. */
  readonly share: number;
  readonly text: string;
  readonly etaSeconds?: number;
}

const PLAIN_INTERVAL_MS = 10_000;
const REDRAW_INTERVAL_MS = 80;
const BAR_WIDTH = 24;

export class Progress {
  readonly #label: string;
  readonly #stream: NodeJS.WriteStream;
  readonly #began = Date.now();
  #drawn = 0;
  #last: ProgressState | undefined;

  constructor(label: string, stream: NodeJS.WriteStream = process.stderr) {
    this.#label = label;
    this.#stream = stream;
  }

  update(state: ProgressState): void {
    this.#last = state;
    const now = Date.now();
    const interval = this.#stream.isTTY ? REDRAW_INTERVAL_MS : PLAIN_INTERVAL_MS;
    if (now - this.#drawn < interval) return;
    this.#drawn = now;
    this.#draw(state);
  }

  /** Ends with a line that contains the duration. */
  done(text?: string): void {
    const seconds = (Date.now() - this.#began) / 1000;
    const summary = text ?? this.#last?.text ?? '';
    this.#clear();
    this.#stream.write(
      `${styleText('green', '✓')} ${this.#label}  ${summary}  ${styleText('dim', formatSeconds(seconds))}\n`,
    );
  }

  /** Removes the line, so that other output can follow. The next update is drawn at once. */
  stop(): void {
    this.#clear();
    this.#drawn = 0;
  }

  #draw({ share, text, etaSeconds }: ProgressState): void {
    const bounded = Math.min(1, Math.max(0, share));
    const percent = `${Math.floor(bounded * 100)}%`.padStart(4);
    const eta =
      etaSeconds ?? (bounded > 0.02 ? (this.#elapsed() * (1 - bounded)) / bounded : undefined);
    const remaining = eta === undefined ? '' : `  ETA ${formatSeconds(eta)}`;
    if (!this.#stream.isTTY) {
      this.#stream.write(`${this.#label} ${percent}  ${text}${remaining}\n`);
      return;
    }
    const filled = Math.round(bounded * BAR_WIDTH);
    const bar = styleText('cyan', '█'.repeat(filled)) + '░'.repeat(BAR_WIDTH - filled);
    const before = `  ${this.#label} `;
    // A line that wraps cannot be redrawn.
    const room = (this.#stream.columns ?? 80) - before.length - BAR_WIDTH - 1;
    this.#clear();
    this.#stream.write(
      before + bar + `${percent}  ${text}${remaining}`.slice(0, Math.max(0, room)),
    );
  }

  #elapsed(): number {
    return (Date.now() - this.#began) / 1000;
  }

  #clear(): void {
    if (this.#stream.isTTY) this.#stream.write('\r\u001b[2K');
  }
}

/** `43 s`, `2 min 05 s`. */
export function formatSeconds(seconds: number): string {
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole < 10 ? seconds.toFixed(1) : whole} s`;
  return `${Math.floor(whole / 60)} min ${String(whole % 60).padStart(2, '0')} s`;
}
