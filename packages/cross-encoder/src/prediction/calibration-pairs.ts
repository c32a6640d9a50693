/** Pairs to measure activation ranges with: code, prose and unusual text, short and long. */

const code = `export async function readLines(path: string, { strict = false }: Options = {}): Promise<string[]> {
  const text = await readFile(path, 'utf8');
  const lines = text.split(/\\r?\\n/);
  if (strict && lines.at(-1) !== '') throw new Error(\`\${path}: the last line has no end\`);
  return lines.filter((line) => line.trim() !== '' && !line.startsWith('#'));
}`;

const python = `def merge_intervals(intervals):
    """Merge overlapping intervals."""
    result = []
    for start, end in sorted(intervals):
        if result and start <= result[-1][1]:
            result[-1][1] = max(result[-1][1], end)
        else:
            result.append([start, end])
    return result`;

const prose = `The boundary layer over a flat plate remains laminar up to a certain Reynolds number, above which
small disturbances grow and the flow becomes turbulent. Measurements of skin friction and heat transfer at several
stations along the plate agree with the theory to within the accuracy of the instruments.`;

const sql =
  "SELECT customer_id, COUNT(*) AS orders FROM orders WHERE created_at > NOW() - INTERVAL '30 days' GROUP BY 1 HAVING COUNT(*) > 5 ORDER BY 2 DESC;";

export const calibrationPairs: readonly (readonly [string, string])[] = [
  ['read the lines of a text file', code],
  ['how to merge overlapping intervals in python', python],
  [
    'python sort list of dictionaries by value',
    'sorted(items, key=lambda item: item["value"], reverse=True)',
  ],
  ['heat transfer in a laminar boundary layer', prose],
  ['customers with more than five orders last month', sql],
  ['parse a date', 'interface Date { toISOString(): string; getTimezoneOffset(): number; }'],
  ['close the socket', python],
  ['what is a reynolds number', code],
  ['convert string to int', 'x = int(s)'],
  ['regex match email address', String.raw`/^[\w.+-]+@[\w-]+\.[\w.-]+$/i.test(address)`],
  ['', '{ "name": "reranker", "version": "0.1.0", "type": "module" }'],
  [
    'GET /api/users/42 404',
    'HTTP/1.1 404 Not Found\r\nContent-Type: application/json\r\nContent-Length: 27\r\n\r\n{"message":"no such user"}',
  ],
  ['naïve café größer 日本語 — “quotes”', 'ÀÉÎÕÜ αβγδ файл 文字列 🙂 ©®™ 12,345.67 € −273.15 °C'],
  ['fibonacci numbers', `${python}\n\n${code}\n\n${prose}`],
  ['0x7fffffff 1e-12 00ff', '0000000000 1111111111 ffffffff deadbeef 3.14159265358979'],
  ['install the package', 'npm install --save-dev typescript vitest && npx tsc --init'],
];
