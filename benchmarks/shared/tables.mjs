/** Formats figures and tables in Markdown. */
const row = (cells) => `| ${cells.join(' | ')} |`;

export const table = (header, rows) =>
  [row(header), row(header.map(() => '---')), ...rows.map(row)].join('\n');
export const interval = ({ mean, lower, upper }) =>
  `${mean.toFixed(3)} [${lower.toFixed(3)}, ${upper.toFixed(3)}]`;
export const mebibytes = (bytes) => (bytes / 2 ** 20).toFixed(0);
export const times = (value) => `${value.toFixed(2)} x`;

export function machineOf({ machine: { cpu, cores, memoryGiB, platform, node, threads }, note }) {
  const remark = note ? ` Note: ${note}.` : '';
  return `Measured on ${cpu}, ${cores} cores, ${memoryGiB} GiB, ${platform}, Node ${node}, ${threads} threads.${remark}`;
}
