#include "tests/nemesis/faults.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "ledger/base/check.h"

namespace bursar::nemesis {
namespace {

namespace fs = std::filesystem;

constexpr std::pair<Fault, const char*> kNames[] = {
    {Fault::kKillInRecovery, "recovery"}, {Fault::kPause, "pause"},         {Fault::kSlowSync, "slow"},
    {Fault::kFailSync, "sync"},           {Fault::kSecondServer, "second"}, {Fault::kFullDisk, "full"},
    {Fault::kDamage, "damage"},           {Fault::kOldFolder, "old"},
};

// Of what the server cannot do without. Mailed links do not matter here, and neither do RocksDB's own diaries and
// locks.
bool Matters(const fs::path& file) {
  const std::string name = file.filename().string();
  return !absl::StartsWith(name, "LOG") && !absl::StartsWith(name, "LOCK") && !absl::StartsWith(name, "OPTIONS") &&
         name != "IDENTITY" && name != "lock" && name != "link.key" && name != "ballast" && name != "filler";
}

std::vector<fs::path> FilesThatMatter(const std::string& folder) {
  std::vector<fs::path> files;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (entry.is_regular_file() && entry.file_size() > 0 && Matters(entry.path())) files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  return files;
}

void FlipBit(const fs::path& file, uint64_t byte, int bit) {
  std::fstream stream(file, std::ios::in | std::ios::out | std::ios::binary);
  stream.seekg(static_cast<std::streamoff>(byte));
  const char was = static_cast<char>(stream.get());
  stream.seekp(static_cast<std::streamoff>(byte));
  stream.put(static_cast<char>(was ^ (1 << bit)));
}

}  // namespace

Faults AllFaults() {
  Faults all;
  for (const auto& [fault, name] : kNames) all.insert(fault);
  return all;
}

std::string NameOf(Fault fault) {
  for (const auto& [named, name] : kNames) {
    if (named == fault) return name;
  }
  return "";
}

std::optional<Faults> ParseFaults(const std::string& names) {
  Faults faults;
  for (const auto word : absl::StrSplit(names, ',', absl::SkipEmpty())) {
    const auto* found =
        std::find_if(std::begin(kNames), std::end(kNames), [&](const auto& named) { return word == named.second; });
    if (found == std::end(kNames)) return std::nullopt;
    faults.insert(found->first);
  }
  return faults;
}

BadDisk::BadDisk(const std::string& file) {
  const int descriptor = open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  BURSAR_CHECK(descriptor >= 0 && ftruncate(descriptor, sizeof(SyncControl)) == 0);
  void* mapped = mmap(nullptr, sizeof(SyncControl), PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0);
  close(descriptor);
  BURSAR_CHECK(mapped != MAP_FAILED);
  control_ = static_cast<SyncControl*>(mapped);
}

BadDisk::~BadDisk() { munmap(control_, sizeof(SyncControl)); }

void BadDisk::Heal() {
  control_->delay_milliseconds = 0;
  control_->fail_sync = 0;
  control_->fail_write = 0;
}

std::string DamageOneFile(const std::string& folder, laws::Dice& dice) {
  const std::vector<fs::path> files = FilesThatMatter(folder);
  if (files.empty()) return "";
  const fs::path& file = dice.Pick(files);
  const auto size = static_cast<int64_t>(fs::file_size(file));
  const int64_t roll = dice.Below(10);
  if (roll == 0) {
    fs::remove(file);
    return absl::StrCat(file.string(), " is gone");
  }
  const int64_t place = dice.Below(size);
  if (roll < 3) {
    fs::resize_file(file, static_cast<uintmax_t>(place));
    return absl::StrCat(file.string(), " has ", place, " of its ", size, " bytes");
  }
  const int bit = static_cast<int>(dice.Below(8));
  FlipBit(file, static_cast<uint64_t>(place), bit);
  return absl::StrCat("bit ", bit, " of byte ", place, " of ", file.string(), " is flipped");
}

bool MayMount() { return unshare(CLONE_NEWNS) == 0 && mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0; }

std::unique_ptr<SmallDisk> SmallDisk::Mount(const std::string& folder, int64_t megabytes) {
  fs::create_directories(folder);
  const std::string size = absl::StrCat("size=", megabytes, "m");
  if (mount("tmpfs", folder.c_str(), "tmpfs", 0, size.c_str()) != 0) return nullptr;
  return std::unique_ptr<SmallDisk>(new SmallDisk(folder));
}

SmallDisk::~SmallDisk() { umount2(folder_.c_str(), MNT_DETACH); }

void SmallDisk::Fill() const {
  const int file = open(Filler().c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  for (size_t size : {size_t{1} << 20, size_t{4096}}) {
    const std::string zeros(size, '\0');
    while (file >= 0 && write(file, zeros.data(), zeros.size()) > 0) {
    }
  }
  if (file >= 0) close(file);
}

void SmallDisk::Free() const { unlink(Filler().c_str()); }

}  // namespace bursar::nemesis
