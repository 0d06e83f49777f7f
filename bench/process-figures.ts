import { readFileSync } from 'node:fs';

/** Source: proc_pid_stat(5); Linux counts in hundredths of a second (sysconf(_SC_CLK_TCK)). */
const ticksPerS = 100;

/** CPU seconds that a process has used so far. */
export function cpuOf(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /, '')
    .split(' ');
  return (Number(fields[11]) + Number(fields[12])) / ticksPerS;
}

/** Memory of a process, in MiB: what it has now, or the most it had. Source: proc_pid_status(5). */
export function memoryMib(pid: number, what: 'VmRSS' | 'VmHWM'): number {
  const [, kilobytes] = new RegExp(`${what}:\\s+(\\d+) kB`).exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Number(kilobytes) / 1_024;
}
