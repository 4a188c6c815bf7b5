/* The calls, in front of the C library's own: counted, written down so that they can be taken back, then done. */
#include "shim.h"
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#define EXPORT __attribute__((visibility("default")))

static void lock(void) { pthread_mutex_lock(&shim_lock); }

static void unlock(void) {
  int kept = errno;
  pthread_mutex_unlock(&shim_lock);
  errno = kept;
}

/* The path that a call means, absolute; false when it is outside of the folder. */
static bool resolve(int directory, const char *path, char resolved[PATH_MAX]) {
  if (!shim_folder[0] || !path) return false;
  if (path[0] == '/') snprintf(resolved, PATH_MAX, "%s", path);
  else if (directory == AT_FDCWD) {
    if (!getcwd(resolved, PATH_MAX)) return false;
    snprintf(resolved + strlen(resolved), PATH_MAX - strlen(resolved), "/%s", path);
  } else {
    if (!changes_path(directory, resolved)) return false;
    snprintf(resolved + strlen(resolved), PATH_MAX - strlen(resolved), "/%s", path);
  }
  for (size_t length = strlen(resolved); length > 1 && resolved[length - 1] == '/'; length--) resolved[length - 1] = 0;
  return changes_cover(resolved);
}

/* Whether a name can be given there: a call that fails changes nothing, and is none to die at. */
static bool has_folder(const char *path) {
  char folder[PATH_MAX];
  struct stat status;
  snprintf(folder, PATH_MAX, "%s", path);
  *strrchr(folder, '/') = 0;
  return !lstat(folder, &status) && S_ISDIR(status.st_mode);
}

static bool is_there(const char *path) {
  struct stat status;
  return !lstat(path, &status);
}

/* --- Content --- */

/* Where the call writes when it goes on from the descriptor's own place. */
static off_t own_place(int descriptor, struct file *file) {
  struct stat status;
  int flags = fcntl(descriptor, F_GETFL);
  if (flags >= 0 && (flags & O_APPEND) && !fstat(file->descriptor, &status)) return status.st_size;
  return lseek64(descriptor, 0, SEEK_CUR);
}

/* A write of a file of the folder, with the lock held. `offset` is -1 for the descriptor's own place. */
static ssize_t write_file(const char *call, int descriptor, struct file *file, const char *bytes, size_t length, off_t offset) {
  char path[PATH_MAX];
  changes_path(descriptor, path);
  off_t place = offset < 0 ? own_place(descriptor, file) : offset;
  if (crash_due(call, path, place, length)) {
    if (crash_mode() == CRASH_TORN && length > 1) REAL(pwrite64)(file->descriptor, bytes, length / 2, place);
    crash();
  }
  struct change *before = changes_last();
  changes_write(file, place, bytes, length);
  ssize_t written = offset < 0 ? REAL(write)(descriptor, bytes, length) : REAL(pwrite64)(descriptor, bytes, length, offset);
  if (written < 0) changes_forget(before);
  else if ((size_t)written < length) crash_unknown("half a write", path);
  return written;
}

/* The file of the folder that a descriptor leads to, with the lock taken; else NULL, without it. */
static struct file *locked_file(int descriptor) {
  struct stat status;
  if (!shim_folder[0] || descriptor <= 2 || fstat(descriptor, &status) || !S_ISREG(status.st_mode)) return NULL;
  lock();
  struct file *file = changes_file(descriptor);
  if (!file) unlock();
  return file;
}

static ssize_t unlocked(ssize_t done) {
  unlock();
  return done;
}

EXPORT ssize_t write(int descriptor, const void *bytes, size_t length) {
  struct file *file = locked_file(descriptor);
  if (!file) return REAL(write)(descriptor, bytes, length);
  return unlocked(write_file("write", descriptor, file, bytes, length, -1));
}

EXPORT ssize_t pwrite64(int descriptor, const void *bytes, size_t length, off64_t offset) {
  struct file *file = locked_file(descriptor);
  if (!file) return REAL(pwrite64)(descriptor, bytes, length, offset);
  return unlocked(write_file("pwrite", descriptor, file, bytes, length, offset));
}

EXPORT ssize_t pwrite(int descriptor, const void *bytes, size_t length, off_t offset) {
  return pwrite64(descriptor, bytes, length, offset);
}

/* Several pieces are one write. */
static ssize_t write_pieces(const char *call, int descriptor, struct file *file, const struct iovec *pieces, int count, off_t offset) {
  size_t length = 0, at = 0;
  for (int index = 0; index < count; index++) length += pieces[index].iov_len;
  char *bytes = malloc(length ? length : 1);
  for (int index = 0; index < count; at += pieces[index++].iov_len) memcpy(bytes + at, pieces[index].iov_base, pieces[index].iov_len);
  ssize_t done = write_file(call, descriptor, file, bytes, length, offset);
  free(bytes);
  return done;
}

EXPORT ssize_t writev(int descriptor, const struct iovec *pieces, int count) {
  struct file *file = locked_file(descriptor);
  if (!file) return REAL(writev)(descriptor, pieces, count);
  return unlocked(write_pieces("writev", descriptor, file, pieces, count, -1));
}

EXPORT ssize_t pwritev64(int descriptor, const struct iovec *pieces, int count, off64_t offset) {
  struct file *file = locked_file(descriptor);
  if (!file) return REAL(pwritev64)(descriptor, pieces, count, offset);
  return unlocked(write_pieces("pwritev", descriptor, file, pieces, count, offset));
}

EXPORT ssize_t pwritev(int descriptor, const struct iovec *pieces, int count, off_t offset) {
  return pwritev64(descriptor, pieces, count, offset);
}

EXPORT int ftruncate64(int descriptor, off64_t size) {
  char path[PATH_MAX];
  struct file *file = locked_file(descriptor);
  if (!file) return REAL(ftruncate64)(descriptor, size);
  changes_path(descriptor, path);
  if (crash_due("ftruncate", path, size, 0)) crash();
  struct change *before = changes_last();
  changes_resize(file, size);
  int done = REAL(ftruncate64)(descriptor, size);
  if (done) changes_forget(before);
  return (int)unlocked(done);
}

EXPORT int ftruncate(int descriptor, off_t size) { return ftruncate64(descriptor, size); }

static int sync_descriptor(const char *call, int descriptor, int (*sync)(int)) {
  char path[PATH_MAX];
  if (!shim_folder[0]) return sync(descriptor);
  lock();
  bool ours = changes_path(descriptor, path);
  int done = 0;
  if (ours) {
    struct file *file = changes_file(descriptor);
    if (crash_due(call, path, 0, 0)) crash();
    done = sync(descriptor);
    if (!done && file) changes_synced_file(file);
    else if (!done) changes_synced_directory(path);
  }
  unlock();
  return ours ? done : sync(descriptor);
}

EXPORT int fsync(int descriptor) { return sync_descriptor("fsync", descriptor, REAL(fsync)); }

EXPORT int fdatasync(int descriptor) { return sync_descriptor("fdatasync", descriptor, REAL(fdatasync)); }

/* --- Names --- */

/* An open that may make a file, or cut one to nothing. */
static int open_file(int directory, const char *path, int flags, mode_t mode) {
  char resolved[PATH_MAX];
  struct stat status;
  if (!(flags & (O_CREAT | O_TRUNC)) || !resolve(directory, path, resolved)) return REAL(openat64)(directory, path, flags, mode);
  lock();
  struct change *before = changes_last();
  bool there = !lstat(resolved, &status);
  if (!there && (flags & O_CREAT) && has_folder(resolved)) {
    if (crash_due("open", resolved, 0, 0)) crash();
    changes_add_name(resolved, false);
  } else if (there && (flags & O_TRUNC) && status.st_size > 0) crash_unknown("an open that cuts", resolved);
  int descriptor = REAL(openat64)(directory, path, flags, mode);
  if (descriptor < 0) changes_forget(before);
  unlock();
  return descriptor;
}

#define MODE_OF(flags, last) \
  mode_t mode = 0; \
  if ((flags) & (O_CREAT | O_TMPFILE)) { \
    va_list arguments; \
    va_start(arguments, last); \
    mode = va_arg(arguments, mode_t); \
    va_end(arguments); \
  }

EXPORT int open64(const char *path, int flags, ...) {
  MODE_OF(flags, flags)
  return open_file(AT_FDCWD, path, flags, mode);
}

EXPORT int open(const char *path, int flags, ...) {
  MODE_OF(flags, flags)
  return open_file(AT_FDCWD, path, flags, mode);
}

EXPORT int openat64(int directory, const char *path, int flags, ...) {
  MODE_OF(flags, flags)
  return open_file(directory, path, flags, mode);
}

EXPORT int openat(int directory, const char *path, int flags, ...) {
  MODE_OF(flags, flags)
  return open_file(directory, path, flags, mode);
}

EXPORT int linkat(int from_directory, const char *from, int to_directory, const char *to, int flags) {
  char path[PATH_MAX];
  if (!resolve(to_directory, to, path)) return REAL(linkat)(from_directory, from, to_directory, to, flags);
  lock();
  struct change *before = changes_last();
  if (has_folder(path) && !is_there(path)) {
    if (crash_due("link", path, 0, 0)) crash();
    changes_add_name(path, false);
  }
  int done = REAL(linkat)(from_directory, from, to_directory, to, flags);
  if (done) changes_forget(before);
  unlock();
  return done;
}

EXPORT int link(const char *from, const char *to) { return linkat(AT_FDCWD, from, AT_FDCWD, to, 0); }

EXPORT int renameat(int from_directory, const char *from, int to_directory, const char *to) {
  char old_path[PATH_MAX], new_path[PATH_MAX];
  bool old_ours = resolve(from_directory, from, old_path), new_ours = resolve(to_directory, to, new_path);
  if (!old_ours && !new_ours) return REAL(renameat)(from_directory, from, to_directory, to);
  if (!old_ours || !new_ours) crash_unknown("a rename into or out of the folder", old_ours ? old_path : new_path);
  lock();
  struct change *before = changes_last();
  if (is_there(old_path) && has_folder(new_path)) {
    if (crash_due("rename", new_path, 0, 0)) crash();
    changes_remove_name(old_path, changes_add_name(new_path, false));
  }
  int done = REAL(renameat)(from_directory, from, to_directory, to);
  if (done) changes_forget(before);
  unlock();
  return done;
}

EXPORT int rename(const char *from, const char *to) { return renameat(AT_FDCWD, from, AT_FDCWD, to); }

EXPORT int unlinkat(int directory, const char *name, int flags) {
  char path[PATH_MAX];
  struct stat status;
  if (!resolve(directory, name, path)) return REAL(unlinkat)(directory, name, flags);
  lock();
  struct change *before = changes_last();
  bool right = !lstat(path, &status) && !S_ISDIR(status.st_mode) == !(flags & AT_REMOVEDIR);
  if (right) {
    if (crash_due(flags & AT_REMOVEDIR ? "rmdir" : "unlink", path, 0, 0)) crash();
    changes_remove_name(path, NULL);
  }
  int done = REAL(unlinkat)(directory, name, flags);
  if (done) changes_forget(before);
  unlock();
  return done;
}

EXPORT int unlink(const char *path) { return unlinkat(AT_FDCWD, path, 0); }

EXPORT int rmdir(const char *path) { return unlinkat(AT_FDCWD, path, AT_REMOVEDIR); }

EXPORT int remove(const char *path) {
  struct stat status;
  return lstat(path, &status) || !S_ISDIR(status.st_mode) ? unlink(path) : rmdir(path);
}

EXPORT int mkdirat(int directory, const char *name, mode_t mode) {
  char path[PATH_MAX];
  if (!resolve(directory, name, path)) return REAL(mkdirat)(directory, name, mode);
  lock();
  struct change *before = changes_last();
  if (has_folder(path) && !is_there(path)) {
    if (crash_due("mkdir", path, 0, 0)) crash();
    changes_add_name(path, true);
  }
  int done = REAL(mkdirat)(directory, name, mode);
  if (done) changes_forget(before);
  unlock();
  return done;
}

EXPORT int mkdir(const char *path, mode_t mode) { return mkdirat(AT_FDCWD, path, mode); }

/* --- What isn't known --- */

static void refuse(const char *call, int descriptor) {
  char path[PATH_MAX];
  if (shim_folder[0] && changes_path(descriptor, path)) crash_unknown(call, path);
}

EXPORT int fallocate64(int descriptor, int mode, off64_t offset, off64_t length) {
  refuse("fallocate", descriptor);
  return REAL(fallocate64)(descriptor, mode, offset, length);
}

EXPORT int posix_fallocate64(int descriptor, off64_t offset, off64_t length) {
  refuse("posix_fallocate", descriptor);
  return REAL(posix_fallocate64)(descriptor, offset, length);
}

EXPORT ssize_t sendfile64(int out, int in, off64_t *offset, size_t count) {
  refuse("sendfile", out);
  return REAL(sendfile64)(out, in, offset, count);
}

EXPORT ssize_t copy_file_range(int in, off64_t *in_offset, int out, off64_t *out_offset, size_t length, unsigned flags) {
  refuse("copy_file_range", out);
  return REAL(copy_file_range)(in, in_offset, out, out_offset, length, flags);
}

EXPORT int symlink(const char *target, const char *path) {
  char resolved[PATH_MAX];
  if (resolve(AT_FDCWD, path, resolved)) crash_unknown("symlink", resolved);
  return REAL(symlink)(target, path);
}
