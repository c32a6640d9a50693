/**
 * How many tokens of each text of a pair survive when both together may keep `room`: the strategy
 * `longest_first` of Hugging Face tokenizers. The longer text gives way first; when both are long
 * they end equal, and an odd token goes to the longer one (to the second where they are equal).
 */
export function longestFirst(
  firstLength: number,
  secondLength: number,
  room: number,
): [first: number, second: number] {
  if (firstLength + secondLength <= room) return [firstLength, secondLength];
  const short = Math.min(firstLength, secondLength, Math.floor(room / 2));
  const long = room - short;
  return firstLength > secondLength ? [long, short] : [short, long];
}
