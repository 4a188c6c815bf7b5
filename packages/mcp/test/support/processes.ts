import { readdir, readFile } from 'node:fs/promises'

/** Whether a process is there, and no zombie. */
export async function isAlive(pid: number): Promise<boolean> {
  const status = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '')
  return status !== '' && !/\) [ZX] /.test(status)
}

/** Those that a process started and that are there, zombies too. */
export async function childrenOf(pid: number): Promise<readonly number[]> {
  const children: number[] = []
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/.test(name)) continue
    const status = await readFile(`/proc/${name}/stat`, 'utf8').catch(() => '')
    if (Number(/\) \S (\d+)/.exec(status)?.[1]) === pid) children.push(Number(name))
  }
  return children
}
