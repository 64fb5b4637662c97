// Loaded before the C library into the server under test (LD_PRELOAD): makes syncs slow, and syncs and writes fail, as
// a bad disk would. Does as it is told by the file that kControlVariable names; see sync_control.h.
#include <dlfcn.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
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

bool IsFile(int descriptor) {
  struct stat status;
  return fstat(descriptor, &status) == 0 && S_ISREG(status.st_mode);
}

// True once for every failure that was asked for; errno is set.
bool Fails(std::atomic<int32_t>& asked) {
  const int32_t error = asked.exchange(0);
  if (error == 0) return false;
  Control()->failed.fetch_add(1);
  errno = error;
  return true;
}

bool SyncFails() {
  if (Control() == nullptr) return false;
  Control()->syncs.fetch_add(1);
  const int32_t delay = Control()->delay_milliseconds.load();
  const timespec time = {delay / 1000, (delay % 1000) * 1'000'000L};
  if (delay > 0) nanosleep(&time, nullptr);
  return Fails(Control()->fail_sync);
}

bool WriteFails(int descriptor) {
  if (Control() == nullptr || Control()->fail_write.load() == 0 || !IsFile(descriptor)) return false;
  return Fails(Control()->fail_write);
}

}  // namespace

extern "C" {

int fsync(int descriptor) {
  static const auto next = Next<int (*)(int)>("fsync");
  return SyncFails() ? -1 : next(descriptor);
}

int fdatasync(int descriptor) {
  static const auto next = Next<int (*)(int)>("fdatasync");
  return SyncFails() ? -1 : next(descriptor);
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
