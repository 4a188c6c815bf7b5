/* What the library is told, by environment; counting; how the process dies. */
#include "shim.h"
#include <dirent.h>
#include <dlfcn.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>

pthread_mutex_t shim_lock = PTHREAD_MUTEX_INITIALIZER;
char shim_folder[PATH_MAX];

static long count;
static long crash_at;
static enum crash_mode mode;
static unsigned seed;
static int trace = -1;
static atomic_int frozen;

struct real_functions *real_functions(void) {
  static struct real_functions found;
  static bool looked_up;
  if (looked_up) return &found;
#define LOOK_UP(name) found.name = (typeof(&name))dlsym(RTLD_NEXT, #name);
  REAL_FUNCTIONS(LOOK_UP)
  looked_up = true;
  return &found;
}

__attribute__((constructor)) static void begin(void) {
  real_functions();
  const char *folder = getenv("FAULTS_FOLDER");
  if (!folder || !realpath(folder, shim_folder)) {
    shim_folder[0] = 0;
    return;
  }
  const char *at = getenv("FAULTS_AT"), *name = getenv("FAULTS_MODE"), *path = getenv("FAULTS_TRACE"), *number = getenv("FAULTS_SEED");
  crash_at = at ? atol(at) : 0;
  seed = number ? (unsigned)strtoul(number, NULL, 10) : 1;
  mode = !name                    ? CRASH_KILL
         : !strcmp(name, "torn")  ? CRASH_TORN
         : !strcmp(name, "power") ? CRASH_POWER
         : !strcmp(name, "partial") ? CRASH_PARTIAL
                                  : CRASH_KILL;
  if (path) trace = REAL(openat64)(AT_FDCWD, path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
}

bool crash_due(const char *call, const char *path, off_t offset, size_t length) {
  bool due = ++count == crash_at;
  if (trace >= 0) {
    char line[PATH_MAX + 128];
    const char *name = path + strlen(shim_folder);
    int size = snprintf(line, sizeof line, "%ld %s %s %lld %zu%s\n", count, call, *name ? name : "/", (long long)offset, length,
                        due ? " crash" : "");
    if (REAL(write)(trace, line, (size_t)size) < 0) trace = -1;
  }
  return due;
}

enum crash_mode crash_mode(void) { return mode; }

static void freeze(int signal) {
  (void)signal;
  frozen++;
  for (;;) pause();
}

/* When power goes, it goes for all threads at once: none may see, and tell of, what is being taken back. */
static void freeze_others(void) {
  struct sigaction action = {.sa_handler = freeze};
  sigaction(SIGUSR2, &action, NULL);
  int told = 0;
  pid_t self = (pid_t)syscall(SYS_gettid);
  DIR *tasks = opendir("/proc/self/task");
  for (struct dirent *task; tasks && (task = readdir(tasks));) {
    pid_t thread = (pid_t)atoi(task->d_name);
    if (thread > 0 && thread != self && syscall(SYS_tgkill, getpid(), thread, SIGUSR2) == 0) told++;
  }
  /* Some threads take no signals; those run none of our code. */
  for (int waited = 0; frozen < told && waited < 100; waited++) nanosleep(&(struct timespec){.tv_nsec = 100000}, NULL);
}

void crash(void) {
  if (mode == CRASH_POWER || mode == CRASH_PARTIAL) {
    freeze_others();
    changes_lose(mode == CRASH_POWER, seed);
  }
  kill(getpid(), SIGKILL);
  for (;;) pause();
}

void crash_unknown(const char *call, const char *path) {
  fprintf(stderr, "faults: %s of %s can't be taken back; faults/shim must learn it\n", call, path);
  _exit(99);
}
