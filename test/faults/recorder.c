/* Records what a process writes to the files `asof.*` of one folder, in order, so that a test can replay a power loss.
 * Preloaded by LD_PRELOAD; RECORD_FOLDER and RECORD_LOG name the folder and the log. Each entry of the log is
 * { kind, length of the name, 0, 0, length of the data (4 bytes), offset (8 bytes) }, the name, the data. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#define FD_MAX 65536

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static char *names[FD_MAX];
static const char *folder;
static int log_fd = -1;

__attribute__((constructor)) static void start(void) {
  const char *path = getenv("RECORD_LOG");
  folder = getenv("RECORD_FOLDER");
  if (path && folder) log_fd = syscall(SYS_openat, AT_FDCWD, path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
}

static const char *name_in_folder(const char *path) {
  if (log_fd < 0) return NULL;
  size_t length = strlen(folder);
  if (strncmp(path, folder, length) != 0 || path[length] != '/') return NULL;
  const char *name = path + length + 1;
  return strncmp(name, "asof.", 5) == 0 && !strstr(name, "-shm") ? name : NULL;
}

static void record(char kind, const char *name, int64_t offset, const void *data, uint32_t length) {
  struct { char kind; uint8_t name_length; uint8_t zero[2]; uint32_t length; int64_t offset; } head = {
      kind, (uint8_t)strlen(name), {0, 0}, length, offset};
  struct iovec parts[3] = {{&head, sizeof head}, {(void *)name, head.name_length}, {(void *)data, length}};
  syscall(SYS_writev, log_fd, parts, 3);
}

static const char *name_of(int fd) { return fd >= 0 && fd < FD_MAX ? names[fd] : NULL; }

static int opened(int fd, const char *path, int flags) {
  const char *name = name_in_folder(path);
  if (fd < 0 || fd >= FD_MAX || !name) return fd;
  pthread_mutex_lock(&lock);
  names[fd] = strdup(name);
  if (flags & O_TRUNC) record('T', name, 0, "", 0);
  pthread_mutex_unlock(&lock);
  return fd;
}

#define OPEN(function, head, ...)                                        \
  int function head {                                                    \
    static int (*real) head;                                             \
    if (!real) real = (int(*) head)dlsym(RTLD_NEXT, #function);          \
    va_list rest;                                                        \
    va_start(rest, flags);                                               \
    mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(rest, mode_t) : 0; \
    va_end(rest);                                                        \
    return opened(real(__VA_ARGS__, mode), path, flags);                 \
  }

OPEN(open, (const char *path, int flags, ...), path, flags)
OPEN(open64, (const char *path, int flags, ...), path, flags)
OPEN(openat, (int at, const char *path, int flags, ...), at, path, flags)
OPEN(openat64, (int at, const char *path, int flags, ...), at, path, flags)

int close(int fd) {
  if (name_of(fd)) {
    pthread_mutex_lock(&lock);
    free(names[fd]);
    names[fd] = NULL;
    pthread_mutex_unlock(&lock);
  }
  return syscall(SYS_close, fd);
}

/* The lock is held over the operation and its entry, so that entries have the order of the operations. */
#define RECORDED(kind, call, offset, data, length)        \
  do {                                                    \
    const char *name = name_of(fd);                       \
    if (!name) return call;                               \
    pthread_mutex_lock(&lock);                            \
    int64_t at = (offset);                                \
    int64_t result = call;                                \
    if (result >= 0) record(kind, name, at, data, length); \
    pthread_mutex_unlock(&lock);                          \
    return result;                                        \
  } while (0)

ssize_t pwrite64(int fd, const void *data, size_t count, off64_t offset) {
  RECORDED('W', syscall(SYS_pwrite64, fd, data, count, offset), offset, data, result);
}
ssize_t pwrite(int fd, const void *data, size_t count, off_t offset) { return pwrite64(fd, data, count, offset); }
ssize_t write(int fd, const void *data, size_t count) {
  RECORDED('W', syscall(SYS_write, fd, data, count), syscall(SYS_lseek, fd, 0, SEEK_CUR), data, result);
}
int ftruncate64(int fd, off64_t size) { RECORDED('T', syscall(SYS_ftruncate, fd, size), size, "", 0); }
int ftruncate(int fd, off_t size) { return ftruncate64(fd, size); }
int fsync(int fd) { RECORDED('S', syscall(SYS_fsync, fd), 0, "", 0); }
int fdatasync(int fd) { RECORDED('S', syscall(SYS_fdatasync, fd), 0, "", 0); }

int unlink(const char *path) {
  const char *name = name_in_folder(path);
  if (!name) return syscall(SYS_unlinkat, AT_FDCWD, path, 0);
  pthread_mutex_lock(&lock);
  int result = syscall(SYS_unlinkat, AT_FDCWD, path, 0);
  if (result == 0) record('U', name, 0, "", 0);
  pthread_mutex_unlock(&lock);
  return result;
}

int rename(const char *from, const char *to) {
  const char *name = name_in_folder(from), *renamed = name_in_folder(to);
  if (!name || !renamed) return syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, 0);
  pthread_mutex_lock(&lock);
  int result = syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, 0);
  if (result == 0) record('R', name, 0, renamed, strlen(renamed));
  pthread_mutex_unlock(&lock);
  return result;
}
