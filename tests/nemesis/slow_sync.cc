// Loaded before the C library into the server under test (LD_PRELOAD): makes syncs slow, and syncs and writes fail, as
// a bad disk would. Does as it is told by the file that kControlVariable names; see sync_control.h.
#include <dlfcn.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/types.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>

#include "tests/nemesis/sync_control.h"

namespace {

using bursar::nemesis::SyncControl;

SyncControl* MapControl() {
  const char* name = std::getenv(bursar::nemesis::kControlVariable);
  if (name == nullptr) return nullptr;
  const int file = open(name, O_RDWR | O_CLOEXEC);
  if (file < 0) return nullptr;
  void* mapped = mmap(nullptr, sizeof(SyncControl), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  close(file);
  return mapped == MAP_FAILED ? nullptr : static_cast<SyncControl*>(mapped);
}

SyncControl* Control() {
  static SyncControl* const control = MapControl();
  return control;
}

// The C library's own function.
template <class Function>
Function Next(const char* name) {
  return reinterpret_cast<Function>(dlsym(RTLD_NEXT, name));
}

// Of the log, of its second copy, or the watermark: where these fail, the server must end. Projections and checkpoints
// it can do without.
bool IsOfTheLog(int descriptor) {
  char link[32];
  std::snprintf(link, sizeof(link), "/proc/self/fd/%d", descriptor);
  char path[4096];
  const ssize_t size = readlink(link, path, sizeof(path) - 1);
  if (size <= 0) return false;
  path[size] = '\0';
  for (const char* part : {"/log/", "/journal/", "/watermark"}) {
    if (std::strstr(path, part) != nullptr) return true;
  }
  return false;
}

// True once for every failure that was asked for; errno is set.
bool Fails(std::atomic<int32_t>& asked, int descriptor) {
  if (asked.load() == 0 || !IsOfTheLog(descriptor)) return false;
  const int32_t error = asked.exchange(0);
  if (error == 0) return false;
  Control()->failed.fetch_add(1);
  errno = error;
  return true;
}

bool SyncFails(int descriptor) {
  if (Control() == nullptr) return false;
  Control()->syncs.fetch_add(1);
  const int32_t delay = Control()->delay_milliseconds.load();
  const timespec time = {delay / 1000, (delay % 1000) * 1'000'000L};
  if (delay > 0) nanosleep(&time, nullptr);
  return Fails(Control()->fail_sync, descriptor);
}

bool WriteFails(int descriptor) { return Control() != nullptr && Fails(Control()->fail_write, descriptor); }

}  // namespace

extern "C" {

int fsync(int descriptor) {
  static const auto next = Next<int (*)(int)>("fsync");
  return SyncFails(descriptor) ? -1 : next(descriptor);
}

int fdatasync(int descriptor) {
  static const auto next = Next<int (*)(int)>("fdatasync");
  return SyncFails(descriptor) ? -1 : next(descriptor);
}

ssize_t write(int descriptor, const void* bytes, size_t size) {
  static const auto next = Next<ssize_t (*)(int, const void*, size_t)>("write");
  return WriteFails(descriptor) ? -1 : next(descriptor, bytes, size);
}

ssize_t pwrite(int descriptor, const void* bytes, size_t size, off_t offset) {
  static const auto next = Next<ssize_t (*)(int, const void*, size_t, off_t)>("pwrite");
  return WriteFails(descriptor) ? -1 : next(descriptor, bytes, size, offset);
}

ssize_t pwrite64(int descriptor, const void* bytes, size_t size, off64_t offset) {
  static const auto next = Next<ssize_t (*)(int, const void*, size_t, off64_t)>("pwrite64");
  return WriteFails(descriptor) ? -1 : next(descriptor, bytes, size, offset);
}

}  // extern "C"
