/** Reads the values of options; what cannot be meant is refused before any work begins. */
import { InvalidArgumentError, Option } from 'commander';

/** A whole number from `minimum` on. */
export function whole(minimum = 0): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (text.trim() !== '' && Number.isInteger(value) && value >= minimum) return value;
    throw new InvalidArgumentError(`Expected a whole number of at least ${minimum}.`);
  };
}

/** A number within bounds, both included. */
export function numberWithin(lowest: number, highest: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (text.trim() !== '' && value >= lowest && value <= highest) return value;
    const upTo = Number.isFinite(highest) ? ` to ${highest}` : ' or more';
    throw new InvalidArgumentError(`Expected a number, ${lowest}${upTo}.`);
  };
}

/** What the model computes in. */
export function dtypeOption(): Option {
  return new Option('--dtype <dtype>', 'what the model computes in')
    .choices(['fp32', 'int8'])
    .default('fp32');
}
