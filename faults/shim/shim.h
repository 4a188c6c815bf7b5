/*
 * A library that is loaded in front of the C library (LD_PRELOAD) and counts every call of a process that changes what a
 * folder keeps. At the call that it is told, the process dies, and with it what a real crash would have taken.
 *
 * calls.c    the calls, in front of the C library's own
 * changes.c  what was changed and is not on stable storage yet; taking it back
 * crash.c    what it is told, by environment; counting; how the process dies
 */
#ifndef PLINTH_FAULTS_SHIM_H
#define PLINTH_FAULTS_SHIM_H
#define _GNU_SOURCE
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

enum crash_mode {
  /* The process dies before the call; all that it wrote before stays, as after kill -9. */
  CRASH_KILL,
  /* Of a write, the first half is done. */
  CRASH_TORN,
  /* Power is lost: all that is not on stable storage is gone. */
  CRASH_POWER,
  /* Power is lost: of what is not on stable storage, a random part is gone, another torn. */
  CRASH_PARTIAL
};

/* A regular file of the folder that was changed. Its descriptor is ours and is never closed: that would drop the locks which
 * the process holds on the file (POSIX). */
struct file {
  dev_t device;
  ino_t inode;
  int descriptor;
  struct file *next;
};

/* crash.c */
extern pthread_mutex_t shim_lock;
/* The folder's path without a slash at its end; empty when the library has nothing to do. */
extern char shim_folder[PATH_MAX];
/* Whether this call is the one; writes it down in any case. To be called with the lock held, before the call. */
bool crash_due(const char *call, const char *path, off_t offset, size_t length);
enum crash_mode crash_mode(void);
/* Ends the process as the mode says. */
void crash(void) __attribute__((noreturn));
/* Ends the process with words, for what this library doesn't know how to take back. */
void crash_unknown(const char *call, const char *path) __attribute__((noreturn));

/* changes.c. All but the first two with the lock held. */

/* Whether a path is within the folder, and not SQLite's shared memory, which no crash keeps. */
bool changes_cover(const char *path);
/* Where a descriptor leads; false when that is outside of the folder. */
bool changes_path(int descriptor, char path[PATH_MAX]);
struct file *changes_file(int descriptor);

void changes_write(struct file *file, off_t offset, const void *bytes, size_t length);
void changes_resize(struct file *file, off_t size);
/* A name is about to be given, by `open`, `link`, `mkdir` or `rename`; one that is taken is replaced. */
struct change *changes_add_name(const char *path, bool directory);
/* A name is about to go. `added`: the name that the same call gave in its place, which can't be lost without this coming back. */
void changes_remove_name(const char *path, struct change *added);
/* Forgets the last change or changes, because the call failed. */
void changes_forget(struct change *from);
struct change *changes_last(void);

/* What was written to a file, or named in a folder, is on stable storage from now on. */
void changes_synced_file(struct file *file);
void changes_synced_directory(const char *path);
/* Takes back what isn't, all or a random part. */
void changes_lose(bool all, unsigned seed);

/* The C library's own functions, looked up once: when power goes, another thread may have been stopped in the middle of a
 * look-up, and of malloc. */
#define REAL_FUNCTIONS(each) \
  each(write) each(pwrite64) each(writev) each(pwritev64) each(ftruncate64) each(fsync) each(fdatasync) each(openat64) \
  each(linkat) each(renameat) each(unlinkat) each(mkdirat) each(symlink) \
  each(fallocate64) each(posix_fallocate64) each(sendfile64) each(copy_file_range)
#define REAL_FIELD(name) typeof(&name) name;
struct real_functions { REAL_FUNCTIONS(REAL_FIELD) };
struct real_functions *real_functions(void);
#define REAL(name) (real_functions()->name)

#endif
