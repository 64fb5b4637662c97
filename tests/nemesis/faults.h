// What the nemesis does to the server, its disk and its files.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>

#include "tests/laws/dice.h"
#include "tests/nemesis/sync_control.h"

namespace bursar::nemesis {

enum class Fault {
  // SIGKILL while it opens its folder.
  kKillInRecovery,
  // SIGSTOP, and SIGCONT after a while.
  kPause,
  // Every sync takes long.
  kSlowSync,
  // One sync or write fails.
  kFailSync,
  // Another server on the same folder.
  kSecondServer,
  // No room on the disk, and room again.
  kFullDisk,
  // While it is down, one file has a bit flipped, is cut short or is gone.
  kDamage,
  // The folder as it was before is put back.
  kOldFolder,
};

using Faults = std::set<Fault>;

Faults AllFaults();
std::string NameOf(Fault fault);
// From names with commas between them; nullopt where one is none.
std::optional<Faults> ParseFaults(const std::string& names);

// The disk as the server sees it, in a file that the library loaded into it maps.
class BadDisk {
 public:
  // Makes the file; ends the process where it cannot.
  explicit BadDisk(const std::string& file);
  ~BadDisk();
  BadDisk(const BadDisk&) = delete;
  BadDisk& operator=(const BadDisk&) = delete;

  SyncControl& control() { return *control_; }
  // As good as new.
  void Heal();

 private:
  SyncControl* control_ = nullptr;
};

// Damages one file of the server's data that matters, at random, and says how; empty where there is none to damage.
std::string DamageOneFile(const std::string& folder, laws::Dice& dice);

// A file system of its own in memory, which takes so many bytes, gone with this object.
class SmallDisk {
 public:
  // nullptr where this process may not mount one.
  static std::unique_ptr<SmallDisk> Mount(const std::string& folder, int64_t megabytes);
  ~SmallDisk();

  // Takes all room that is left.
  void Fill() const;
  void Free() const;

 private:
  explicit SmallDisk(std::string folder) : folder_(std::move(folder)) {}
  std::string Filler() const { return folder_ + "/filler"; }

  const std::string folder_;
};

// Lets this process mount what nobody else sees and what goes with it; to be called before there are threads. False
// where that is not permitted.
bool MayMount();

}  // namespace bursar::nemesis
