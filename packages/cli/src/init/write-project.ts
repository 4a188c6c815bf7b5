import { mkdirSync, readdirSync, readFileSync, realpathSync, type Stats, statSync, writeFileSync } from 'node:fs'
import { basename, dirname, join, relative, resolve, sep } from 'node:path'
import { InvalidInputError } from '@plinth/core'
import { makeFolder } from '../make-folder.ts'
import { type Origin, templateFolder } from './checkout.ts'
import type { Choice } from './choose-patterns.ts'
import { fitTemplate } from './fit-template.ts'
import { manifestOf, packageNameOf } from './manifest.ts'

/** @throws InvalidInputError `directory` for what is no folder that is empty, or can be made. */
export function refuseTaken(directory: string): void {
  const field = 'directory'
  if (directory.trim() === '') throw new InvalidInputError('The folder must have a name.', { field })
  const found = lookAt(directory)
  if (found && !found.isDirectory()) throw new InvalidInputError(`${directory} is no folder.`, { field })
  if (found && readdirSync(directory).length > 0)
    throw new InvalidInputError(`${directory} is not empty: a project is made in a new folder, or an empty one.`, { field })
}

function lookAt(directory: string): Stats | undefined {
  try {
    return statSync(directory, { throwIfNoEntry: false })
  } catch (cause) {
    throw new InvalidInputError(`The folder must be one that can be made: its name is too long, or it may not be looked at.`, {
      field: 'directory',
      cause,
    })
  }
}

/** Makes a project. @returns its files, in order. @throws InvalidInputError as {@link refuseTaken}. */
export function writeProject(directory: string, { patterns, profile }: Choice, origin: Origin): readonly string[] {
  refuseTaken(directory)
  const folder = resolve(directory)
  makeFolder(folder, `The folder must be one that can be made, which ${directory} is not.`, 'directory')
  const name = packageNameOf(basename(folder))
  const fit = { name, patterns, linked: origin.checkout !== undefined }
  const files = new Map([['package.json', manifestOf(name, realpathSync(folder), origin)]])
  for (const path of templateFiles()) files.set(placeOf(path), fitTemplate(readFileSync(join(templateFolder, path), 'utf8'), fit))
  // npm 9.0 to 9.3, Debian's among them, would copy the linked packages, and look for what those need in the registry.
  if (fit.linked) files.set('.npmrc', 'install-links=false\n')
  if (profile) files.set('advisor-profile.json', `${JSON.stringify(profile, null, 2)}\n`)
  for (const [path, text] of files) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), text, { flag: 'wx' })
  }
  return [...files.keys()].sort()
}

function templateFiles(): readonly string[] {
  return readdirSync(templateFolder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(templateFolder, join(entry.parentPath, entry.name)).split(sep).join('/'))
}

/** npm would leave out a file of the name that git looks for. */
function placeOf(path: string): string {
  return path === 'gitignore' ? '.gitignore' : path
}
