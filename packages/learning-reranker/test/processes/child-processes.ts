/** The processes that this one started, as `ps` of any Unix lists them. */
import { execFileSync } from 'node:child_process';

export function childProcesses(): { readonly pid: number; readonly command: string }[] {
  const rows = execFileSync('ps', ['-A', '-o', 'pid=,ppid=,args=']).toString().split('\n');
  return rows.flatMap((row) => {
    const [, pid, parent, command] = /^\s*(\d+)\s+(\d+)\s+(.*)$/.exec(row) ?? [];
    if (Number(parent) !== process.pid || command === undefined) return [];
    return [{ pid: Number(pid), command }];
  });
}
