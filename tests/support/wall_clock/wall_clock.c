/* Preloaded into a daemon under test: while the file that WALL_CLOCK_JUMP names exists, its wall clock is one
 * hour ahead. A timer on the wall clock ends the process, because the jump could not reach it. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

enum { JUMP_S = 3600 };

static time_t jump(void) {
  const char* file = getenv("WALL_CLOCK_JUMP");

  return file && access(file, F_OK) == 0 ? JUMP_S : 0;
}

int clock_gettime(clockid_t clock, struct timespec* now) {
  static int (*original)(clockid_t, struct timespec*);
  int result;

  if (!original) *(void**)&original = dlsym(RTLD_NEXT, "clock_gettime");
  result = original(clock, now);
  if (result == 0 && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)) now->tv_sec += jump();
  return result;
}

int gettimeofday(struct timeval* restrict now, void* restrict zone) {
  struct timespec exact;

  (void)zone;
  if (clock_gettime(CLOCK_REALTIME, &exact)) return -1;
  now->tv_sec = exact.tv_sec;
  now->tv_usec = exact.tv_nsec / 1000;
  return 0;
}

time_t time(time_t* out) {
  struct timespec now;

  clock_gettime(CLOCK_REALTIME, &now);
  if (out) *out = now.tv_sec;
  return now.tv_sec;
}

int timerfd_create(int clock, int flags) {
  static int (*original)(int, int);

  if (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_ALARM) {
    fprintf(stderr, "a timer on the wall clock\n");
    abort();
  }
  if (!original) *(void**)&original = dlsym(RTLD_NEXT, "timerfd_create");
  return original(clock, flags);
}
