/*
 * What was changed and is not on stable storage yet, in order, and taking it back.
 *
 * The model is what POSIX promises and no more: bytes and size of a file are kept by fsync of that file; a name is kept by
 * fsync of the folder that it is in, not of the file. A rename is whole: the old name doesn't go for good before the new one
 * is kept. When a random part is lost, the names of each folder keep their order (a journal's), writes don't.
 */
#include "shim.h"
#include <stdlib.h>
#include <string.h>

enum { OUTSIDE_MAX = PATH_MAX + 64 };
enum kind { WRITTEN, RESIZED, NAME_ADDED, NAME_REMOVED };

struct change {
  enum kind kind;
  struct change *previous, *next;
  /* Of a file's content: what was there, and what is there now. */
  struct file *file;
  off_t offset, size_before, size_after;
  size_t length, length_before;
  char *before, *after;
  /* Of a name: the folder that must be fsynced, and a second name, outside, of what it led to before. */
  char *path, *folder, *kept;
  bool directory;
  struct change *added;
  /* For changes_lose. */
  bool lost;
};

static struct change *first, *last;
static struct file *files;

bool changes_cover(const char *path) {
  size_t length = strlen(shim_folder);
  if (!length || strncmp(path, shim_folder, length) || (path[length] && path[length] != '/')) return false;
  size_t whole = strlen(path);
  return whole < 4 || strcmp(path + whole - 4, "-shm");
}

bool changes_path(int descriptor, char path[PATH_MAX]) {
  char link[64];
  snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
  ssize_t length = readlink(link, path, PATH_MAX - 1);
  path[length < 0 ? 0 : length] = 0;
  return length > 0 && changes_cover(path);
}

struct file *changes_file(int descriptor) {
  struct stat status;
  if (fstat(descriptor, &status) || !S_ISREG(status.st_mode)) return NULL;
  for (struct file *file = files; file; file = file->next)
    if (file->inode == status.st_ino && file->device == status.st_dev) return file;
  char path[PATH_MAX], link[64];
  if (!changes_path(descriptor, path)) return NULL;
  struct file *file = calloc(1, sizeof *file);
  snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
  *file = (struct file){.device = status.st_dev, .inode = status.st_ino, .next = files};
  file->descriptor = REAL(openat64)(AT_FDCWD, link, O_RDWR | O_CLOEXEC);
  if (file->descriptor < 0) crash_unknown("a second open", path);
  return files = file;
}

static struct change *append(enum kind kind) {
  struct change *change = calloc(1, sizeof *change);
  change->kind = kind;
  change->previous = last;
  if (last) last->next = change;
  else first = change;
  return last = change;
}

static void drop(struct change *change) {
  if (change->previous) change->previous->next = change->next;
  else first = change->next;
  if (change->next) change->next->previous = change->previous;
  else last = change->previous;
  for (struct change *other = change->next; other; other = other->next)
    if (other->added == change) other->added = NULL;
  if (change->kept) REAL(unlinkat)(AT_FDCWD, change->kept, 0);
  free(change->before);
  free(change->after);
  free(change->path);
  free(change->folder);
  free(change->kept);
  free(change);
}

struct change *changes_last(void) { return last; }

void changes_forget(struct change *from) {
  while (last != from) drop(last);
}

static off_t size_of(struct file *file) {
  struct stat status;
  return fstat(file->descriptor, &status) ? 0 : status.st_size;
}

static char *copy_of(struct file *file, off_t offset, size_t length) {
  char *bytes = malloc(length ? length : 1);
  for (size_t done = 0; done < length;) {
    ssize_t more = pread64(file->descriptor, bytes + done, length - done, offset + (off_t)done);
    if (more <= 0) crash_unknown("a read", "a file that is to be changed");
    done += (size_t)more;
  }
  return bytes;
}

void changes_write(struct file *file, off_t offset, const void *bytes, size_t length) {
  struct change *change = append(WRITTEN);
  off_t size = size_of(file), end = offset + (off_t)length;
  change->file = file;
  change->offset = offset;
  change->length = length;
  change->size_before = size;
  change->size_after = end > size ? end : size;
  change->length_before = offset >= size ? 0 : (size_t)((end < size ? end : size) - offset);
  change->before = copy_of(file, offset, change->length_before);
  change->after = malloc(length ? length : 1);
  memcpy(change->after, bytes, length);
}

void changes_resize(struct file *file, off_t size) {
  struct change *change = append(RESIZED);
  change->file = file;
  change->offset = size;
  change->size_before = size_of(file);
  change->size_after = size;
  change->length_before = size < change->size_before ? (size_t)(change->size_before - size) : 0;
  change->before = copy_of(file, size, change->length_before);
}

static char *folder_of(const char *path) {
  char *folder = strdup(path), *slash = strrchr(folder, '/');
  *slash = 0;
  return folder;
}

/* A name in a folder beside ours that nothing has yet. */
static void name_outside(char name[OUTSIDE_MAX]) {
  static long given;
  snprintf(name, OUTSIDE_MAX, "%s.lost", shim_folder);
  if (!given) REAL(mkdirat)(AT_FDCWD, name, 0700);
  snprintf(name, OUTSIDE_MAX, "%s.lost/%d-%ld", shim_folder, getpid(), ++given);
}

static void give_name(const char *from, const char *to) { REAL(linkat)(AT_FDCWD, from, AT_FDCWD, to, 0); }

/* A second name, outside, so that what loses its last name can come back. */
static char *keep(const char *path) {
  char name[OUTSIDE_MAX];
  name_outside(name);
  if (REAL(linkat)(AT_FDCWD, path, AT_FDCWD, name, 0)) crash_unknown("a second name", path);
  return strdup(name);
}

static struct change *name_change(enum kind kind, const char *path) {
  struct change *change = append(kind);
  struct stat status;
  change->path = strdup(path);
  change->folder = folder_of(path);
  if (lstat(path, &status)) return change;
  if (S_ISDIR(status.st_mode)) change->directory = true;
  else change->kept = keep(path);
  return change;
}

struct change *changes_add_name(const char *path, bool directory) {
  struct change *change = name_change(NAME_ADDED, path);
  if (change->directory) crash_unknown("a replacement", path);
  change->directory = directory;
  return change;
}

void changes_remove_name(const char *path, struct change *added) {
  struct change *change = name_change(NAME_REMOVED, path);
  if (change->directory && added) crash_unknown("a rename", path);
  change->added = added;
}

void changes_synced_file(struct file *file) {
  for (struct change *change = first, *next; change; change = next) {
    next = change->next;
    if (change->file == file) drop(change);
  }
}

void changes_synced_directory(const char *path) {
  for (struct change *change = first, *next; change; change = next) {
    next = change->next;
    if (change->folder && !strcmp(change->folder, path) && !change->added) drop(change);
  }
}

static void put(struct file *file, const char *bytes, size_t length, off_t offset) {
  while (length > 0) {
    ssize_t written = REAL(pwrite64)(file->descriptor, bytes, length, offset);
    if (written <= 0) return;
    bytes += written, offset += written, length -= (size_t)written;
  }
}

static void take_back(struct change *change) {
  if (change->file) {
    put(change->file, change->before, change->length_before, change->offset);
    REAL(ftruncate64)(change->file->descriptor, change->size_before);
  } else if (change->kind == NAME_REMOVED) {
    if (change->directory) REAL(mkdirat)(AT_FDCWD, change->path, 0700);
    else give_name(change->kept, change->path);
  } else if (change->directory) {
    /* A folder that is lost takes along what is in it, whatever of that was kept. */
    char name[OUTSIDE_MAX];
    name_outside(name);
    REAL(renameat)(AT_FDCWD, change->path, AT_FDCWD, name);
  } else {
    REAL(unlinkat)(AT_FDCWD, change->path, 0);
    if (change->kept) give_name(change->kept, change->path);
  }
}

static unsigned random_below(unsigned *state, unsigned bound) {
  /* xorshift32 (Marsaglia, 2003). */
  *state ^= *state << 13;
  *state ^= *state >> 17;
  *state ^= *state << 5;
  return *state % bound;
}

/* Which names are lost: of each folder the last ones. */
static void choose_names(unsigned *state) {
  for (struct change *change = first; change; change = change->next) {
    if (!change->folder) continue;
    /* The first change of a folder draws for all of it: 0 keeps all, else it is lost from the n-th on. */
    bool drawn = false;
    for (struct change *other = first; other != change; other = other->next)
      drawn |= other->folder && !strcmp(other->folder, change->folder);
    if (drawn) continue;
    unsigned names = 0, kept, at = 0;
    for (struct change *other = change; other; other = other->next) names += other->folder && !strcmp(other->folder, change->folder);
    kept = random_below(state, names + 1);
    for (struct change *other = change; other; other = other->next)
      if (other->folder && !strcmp(other->folder, change->folder)) other->lost = at++ >= kept;
  }
  for (struct change *change = first; change; change = change->next)
    if (change->added && (change->added->lost || !strcmp(change->added->folder, change->folder)))
      change->lost = change->added->lost;
}

/* What was taken back of files' contents is written again in part, in order: whole, or some sectors of it, or its size alone. */
static void write_some_again(unsigned *state) {
  enum { sector = 512 };
  for (struct change *change = first; change; change = change->next) {
    if (!change->file) continue;
    unsigned drawn = random_below(state, 8);
    if (change->kind == RESIZED) {
      if (drawn < 4) REAL(ftruncate64)(change->file->descriptor, change->size_after);
    } else if (drawn < 3) {
      put(change->file, change->after, change->length, change->offset);
    } else if (drawn < 5) {
      for (size_t at = 0; at < change->length; at += sector) {
        size_t length = change->length - at < sector ? change->length - at : sector;
        if (random_below(state, 2)) put(change->file, change->after + at, length, change->offset + (off_t)at);
      }
    } else if (drawn == 5 && size_of(change->file) < change->size_after) {
      REAL(ftruncate64)(change->file->descriptor, change->size_after);
    }
  }
}

void changes_lose(bool all, unsigned seed) {
  unsigned state = seed * 2654435761u | 1;
  for (struct change *change = first; change; change = change->next) change->lost = true;
  if (!all) choose_names(&state);
  for (struct change *change = last; change; change = change->previous)
    if (change->file || change->lost) take_back(change);
  if (!all) write_some_again(&state);
}
