// Writes the stores of golden/ anew, as this version does, into the folder that is named; see golden/README.md.
#include <cstdio>
#include <memory>

#include "ledger/archive/files.h"
#include "ledger/archive/log_file.h"
#include "ledger/store/store.h"
#include "tests/archive/worlds.h"

namespace bursar {
namespace {

absl::Status WriteStore(const EventLog& log, const std::string& folder) {
  if (absl::Status made = Store::Make({.folder = folder}, {.id = kStore}); !made.ok()) return made;
  const auto store = Store::Open({.folder = folder});
  if (!store.ok()) return store.status();
  return log.Read(1, [&](const StoredBlock& block) { return (*store)->log().Append(block); });
}

absl::Status WriteFile(const EventLog& log, const std::string& path) {
  WholeFile file(path);
  LogFileWriter writer({.store_id = kStore, .epoch = 1}, {},
                       [&](absl::string_view bytes) { return file.Write(bytes); });
  const absl::Status read = log.Read(1, [&](const StoredBlock& block) { return writer.Add(block); });
  if (!read.ok()) return read;
  if (const auto summary = writer.Finish(); !summary.ok()) return summary.status();
  if (absl::Status synced = file.Sync(); !synced.ok()) return synced;
  return file.Publish();
}

}  // namespace
}  // namespace bursar

int main(int count, char** arguments) {
  if (count != 2) {
    std::fprintf(stderr, "usage: bursar_make_golden FOLDER\n");
    return 64;
  }
  const std::string folder = arguments[1];
  const bursar::World world(11, 400);
  absl::Status written = bursar::WriteStore(world.log(), folder + "/store-1");
  if (written.ok()) written = bursar::WriteFile(world.log(), folder + "/log-file-1.bursarlog");
  if (!written.ok()) std::fprintf(stderr, "%s\n", written.ToString().c_str());
  return written.ok() ? 0 : 1;
}
