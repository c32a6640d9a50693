/** The packages the starter learns from: their list, and fetching them with npm and pip. */
import { execFile } from 'node:child_process';
import { mkdir, readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { UnpackedPackage } from './build-pairs.js';

const run = promisify(execFile);

/** One package; `use` keeps some repositories out of training altogether. */
export interface ListedPackage {
  readonly registry: 'npm' | 'pypi' | 'python';
  readonly name: string;
  readonly version: string;
  readonly licence: string;
  /** `dev` serves decisions while the starter is made, `held-out` only its report. */
  readonly use: 'train' | 'dev' | 'held-out';
}

export async function listPackages(path: string): Promise<ListedPackage[]> {
  return JSON.parse(await readFile(path, 'utf8')) as ListedPackage[];
}

/** Where a package stands below the data folder once it is unpacked. */
export async function unpackedFolders(
  one: ListedPackage,
  folder: string,
): Promise<UnpackedPackage> {
  const { registry, name } = one;
  if (registry === 'npm') return { name, folders: [join(folder, 'node_modules', name)] };
  if (registry === 'pypi') return { name, folders: [join(folder, 'python', name)] };
  const { stdout } = await run('python3', [
    '-c',
    'import sysconfig; print(sysconfig.get_path("stdlib"))',
  ]);
  const library = stdout.trim();
  const left =
    /^(?:site-packages|test|idlelib|turtledemo|lib2to3|ensurepip|config-.*|lib-dynload)$/;
  const entries = await readdir(library, { withFileTypes: true });
  const folders = entries
    .filter(
      (entry) => !left.test(entry.name) && (entry.isDirectory() || entry.name.endsWith('.py')),
    )
    .filter((entry) => !entry.name.startsWith('_'))
    .map((entry) => join(library, entry.name));
  return { name, folders };
}

/** Fetches a package at its exact version, unless it is there. Nothing of it is run. */
export async function fetchPackage(one: ListedPackage, folder: string): Promise<void> {
  const { registry, name, version } = one;
  const place = join(folder, registry === 'npm' ? 'node_modules' : 'python', name);
  if (registry === 'python' || (await readdir(place).catch(() => [])).length > 0) return;
  const temporary = join(folder, `fetching-${process.pid}`);
  await mkdir(temporary, { recursive: true });
  await mkdir(join(place, '..'), { recursive: true });
  if (registry === 'npm') {
    await run('npm', ['pack', '--silent', `${name}@${version}`], { cwd: temporary });
    const [archive = ''] = await readdir(temporary);
    await run('tar', ['-xzf', archive], { cwd: temporary });
    await rm(join(temporary, archive));
    const [content = ''] = await readdir(temporary);
    await rename(join(temporary, content), place);
  } else {
    // Wheels for one platform, whatever machine this is, so that everybody gets the same texts.
    const wheel = ['--python-version', '3.13', '--implementation', 'cp', '--only-binary=:all:'];
    const platforms = ['manylinux_2_28_x86_64', 'manylinux_2_27_x86_64', 'manylinux2014_x86_64'];
    const target = join(temporary, 'wheel');
    await run('python3', [
      ...['-m', 'pip', 'install', '--quiet', '--no-deps', '--no-compile', '--target', target],
      ...wheel,
      ...[...platforms, 'any'].flatMap((platform) => ['--platform', platform]),
      `${name}==${version}`,
    ]);
    await rename(target, place);
  }
  await rm(temporary, { recursive: true, force: true });
}
