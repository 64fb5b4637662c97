// What the library that is loaded before the server's own does to its writes; in a file that both processes map.
#pragma once

#include <atomic>
#include <cstdint>

namespace bursar::nemesis {

// Names the file to the library.
inline constexpr const char* kControlVariable = "BURSAR_NEMESIS_CONTROL";

struct SyncControl {
  // How long each sync takes at least, in milliseconds.
  std::atomic<int32_t> delay_milliseconds;
  // Whether the next sync of a file of the log fails: 0 not, else with this errno. It fails once.
  std::atomic<int32_t> fail_sync;
  // Whether the next positioned or appending write fails, likewise.
  std::atomic<int32_t> fail_write;
  // How many calls were made to fail.
  std::atomic<int32_t> failed;
  // How many syncs there were.
  std::atomic<int32_t> syncs;
};

}  // namespace bursar::nemesis
