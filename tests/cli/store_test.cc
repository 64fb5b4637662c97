// A data folder in the hands of an operator: made once, refused where it is not what it should be, mended where it can
// be, and a full disk. Messages and exit codes are those of the run book.
#include <sys/mount.h>
#include <sys/statvfs.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/cli/running_server.h"

namespace bursar {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::StartsWith;

Outcome Bursar(std::vector<std::string> arguments, const std::map<std::string, std::string>& variables = {},
               const std::string& input = "") {
  return Process(BURSAR_PROGRAM, std::move(arguments), variables, input).Wait();
}

// For what is expected to end by itself.
Outcome ServeInVain(const std::string& data) {
  return Bursar({"serve", "--data-dir", data, "--listen", "127.0.0.1:0"});
}

Outcome Stop(Process& server) {
  server.Signal(SIGTERM);
  return server.Wait();
}

// Entries on a server of its own.
void PublishTerms(const std::string& data, int versions) {
  Process server = Serve(data);
  const std::string address = AddressIn(server.ReadLine());
  for (int i = 1; i <= versions; ++i) {
    const Outcome published = Bursar({"policy", "publish-terms", "2026-" + std::to_string(i), "--document", "terms",
                                      "--as", "operator-olga", "--server", address});
    ASSERT_EQ(published.code, 0) << published.err;
  }
  EXPECT_EQ(Stop(server).code, 0);
}

// Half of every file in the folder is gone.
void CutInHalf(const std::string& folder) {
  for (const auto& file : fs::directory_iterator(folder)) {
    if (file.is_regular_file()) fs::resize_file(file.path(), file.file_size() / 2);
  }
}

TEST(StoreProgram, MakesALedgerOnceAndServesNoneThatWasNotMade) {
  const Folder folder;
  const std::string data = folder / "ledger";
  const Outcome none = ServeInVain(data);
  EXPECT_EQ(none.code, 64);
  EXPECT_EQ(none.err,
            "Error: There is no store in " + data + ". Make an empty one: bursar init --data-dir " + data + "\n");
  EXPECT_FALSE(fs::exists(data)) << "A wrong path must not look like an empty ledger.";

  const Outcome made = Bursar({"init", "--data-dir", data});
  EXPECT_EQ(made.code, 0) << made.err;
  EXPECT_EQ(made.out, "An empty ledger was made in " + data + ". Start it: bursar serve --data-dir " + data + "\n");
  const Outcome again = Bursar({"init", "--data-dir", data});
  EXPECT_EQ(again.code, 64);
  EXPECT_THAT(again.err, StartsWith("Error: There is a store already: "));
  EXPECT_EQ(Bursar({"init"}).code, 64);
  EXPECT_THAT(Bursar({"init", "--help"}).out, HasSubstr("--adopt"));

  Process server = Serve(data);
  EXPECT_THAT(server.ReadLine(), HasSubstr("an empty ledger"));
  EXPECT_EQ(Stop(server).code, 0);
}

TEST(StoreProgram, LeavesAFolderAloneThatIsNoLedger) {
  const Folder folder;
  fs::create_directories(folder / "pictures");
  EXPECT_EQ(ServeInVain(folder / "pictures").code, 64);
  EXPECT_TRUE(fs::is_empty(folder / "pictures"));
  std::ofstream(folder / "file") << "not a folder";
  EXPECT_EQ(ServeInVain(folder / "file").code, 64);
}

TEST(StoreProgram, RefusesASecondServerOnOneFolder) {
  const Folder folder;
  const std::string data = folder / "ledger";
  Process server = Serve(data);
  server.ReadLine();
  const Outcome second = ServeInVain(data);
  EXPECT_EQ(second.code, 75);
  EXPECT_EQ(second.err, "Error: The store in " + data + " is in use by another process.\n");
  EXPECT_EQ(Bursar({"policy", "show", "--data-dir", data}).code, 75);
  EXPECT_EQ(Stop(server).code, 0);
}

TEST(StoreProgram, MendsOneCopyFromTheOtherAndSaysSo) {
  const Folder folder;
  const std::string data = folder / "ledger";
  PublishTerms(data, 3);
  for (const char* part : {"/log", "/journal/blocks"}) {
    CutInHalf(data + part);
    Process server = Serve(data);
    EXPECT_THAT(server.ReadLine(), HasSubstr("position 3"));
    const Outcome end = Stop(server);
    EXPECT_EQ(end.code, 0);
    EXPECT_THAT(end.err, StartsWith("Warning: ")) << part;
  }
  EXPECT_TRUE(fs::exists(data + "/log.damaged-1"));
}

TEST(StoreProgram, EndsWith78WhereBothCopiesAreDamagedAndNamesThePositions) {
  const Folder folder;
  const std::string data = folder / "ledger";
  PublishTerms(data, 3);
  CutInHalf(data + "/log");
  CutInHalf(data + "/journal/blocks");
  const Outcome refused = ServeInVain(data);
  EXPECT_EQ(refused.code, 78);
  EXPECT_THAT(refused.err, StartsWith("Error: The ledger is damaged: position"));
  EXPECT_THAT(refused.err, HasSubstr("3 can be read neither in the log nor in its second copy"));
}

TEST(StoreProgram, AdoptsWhatAnEarlierReleaseLeft) {
  const Folder folder;
  const std::string data = folder / "ledger";
  PublishTerms(data, 2);
  for (const char* part : {"/store", "/watermark", "/journal"}) fs::remove_all(data + part);
  const Outcome early = ServeInVain(data);
  EXPECT_EQ(early.code, 64);
  EXPECT_THAT(early.err,
              HasSubstr("as Bursar 0.1 left it. Make a store of it: bursar init --adopt --data-dir " + data));
  const Outcome adopted = Bursar({"init", "--adopt", "--data-dir", data});
  EXPECT_EQ(adopted.code, 0) << adopted.err;
  Process server = Serve(data);
  EXPECT_THAT(server.ReadLine(), HasSubstr("position 2"));
  EXPECT_EQ(Stop(server).code, 0);
}

// A disk of its own, which is small.
class SmallDisk : public testing::Test {
 protected:
  static constexpr size_t kMegabyte = 1 << 20;

  void SetUp() override {
    fs::create_directories(disk_);
    if (mount("tmpfs", disk_.c_str(), "tmpfs", 0, "size=64m") != 0) {
      GTEST_SKIP() << "A small disk cannot be mounted here (" << std::strerror(errno) << "); it takes root.";
    }
    mounted_ = true;
  }
  void TearDown() override {
    if (mounted_) umount2(disk_.c_str(), MNT_DETACH);
  }

  size_t Free() const {
    struct statvfs disk = {};
    EXPECT_EQ(statvfs(disk_.c_str(), &disk), 0);
    return disk.f_bavail * disk.f_frsize;
  }
  // Until so many bytes are free.
  void FillUpTo(size_t free) const {
    std::ofstream filler(disk_ + "/filler", std::ios::binary | std::ios::app);
    while (Free() > free) {
      const std::string zeros(std::min(Free() - free, kMegabyte), '\0');
      filler << zeros << std::flush;
      if (!filler) return;
    }
  }
  void MakeRoom() const { fs::remove(disk_ + "/filler"); }

  const Folder folder_;
  const std::string disk_ = folder_ / "disk";
  bool mounted_ = false;
};

class SmallDiskServer : public SmallDisk {
 protected:
  std::unique_ptr<Process> Start() {
    if (!fs::exists(data_ + "/store")) {
      EXPECT_EQ(Bursar({"init", "--data-dir", data_}).code, 0);
    }
    auto server = std::make_unique<Process>(
        BURSAR_PROGRAM,
        std::vector<std::string>{"serve", "--data-dir", data_, "--listen", "127.0.0.1:0", "--disk-low-bytes",
                                 std::to_string(16 * kMegabyte), "--ballast-bytes", std::to_string(8 * kMegabyte)});
    address_ = AddressIn(server->ReadLine());
    return server;
  }
  Outcome Ask(const std::string& caller, std::vector<std::string> arguments, const std::string& input = "") const {
    arguments.insert(arguments.end(), {"--as", caller, "--server", address_});
    return Bursar(std::move(arguments), {}, input);
  }
  void MakeWorld() const {
    const std::string olga = "operator-olga";
    EXPECT_EQ(Ask(olga, {"policy", "publish-action-catalogue", "--actions-file", "-"},
                  R"([{"name": "run", "gated": true, "category": "compute"}])")
                  .code,
              0);
    for (const char* document : {"terms", "pricing"}) {
      EXPECT_EQ(Ask(olga, {"policy", "publish-terms", "1", "--document", document}).code, 0);
    }
  }
  Outcome PublishTerms(const std::string& version) const {
    return Ask("operator-olga", {"policy", "publish-terms", version, "--document", "terms"});
  }

  const std::string data_ = disk_ + "/ledger";
  std::string address_;
};

TEST_F(SmallDiskServer, RefusesWhatBeginsSomethingBeforeTheDiskIsFull) {
  const auto server = Start();
  MakeWorld();
  FillUpTo(12 * kMegabyte);
  Outcome refused;
  // It looks ten times a second at most.
  for (int i = 2; i < 200 && refused.code == 0; ++i) refused = PublishTerms(std::to_string(i));
  EXPECT_EQ(refused.code, 1);
  EXPECT_THAT(refused.err, HasSubstr("The ledger's disk is almost full"));
  EXPECT_EQ(Ask("finance-fay", {"history", "list"}).code, 0) << "Reads go on.";
  MakeRoom();
  Outcome taken{.code = 1};
  for (int i = 200; i < 400 && taken.code == 1; ++i) taken = PublishTerms(std::to_string(i));
  EXPECT_EQ(taken.code, 0) << taken.err;
  EXPECT_EQ(Stop(*server).code, 0);
}

TEST_F(SmallDiskServer, StartsOnAFullDiskByGivingUpItsBallast) {
  {
    const auto server = Start();
    MakeWorld();
    server->Signal(SIGKILL);
    server->Wait();
  }
  ASSERT_TRUE(fs::exists(data_ + "/ballast"));
  FillUpTo(0);
  const auto server = Start();
  EXPECT_FALSE(fs::exists(data_ + "/ballast"));
  EXPECT_EQ(Ask("finance-fay", {"history", "list"}).code, 0);
  EXPECT_EQ(PublishTerms("2").code, 1) << "There is no room for what begins something.";
  MakeRoom();
  Outcome taken{.code = 1};
  for (int i = 200; i < 400 && taken.code == 1; ++i) taken = PublishTerms(std::to_string(i));
  EXPECT_EQ(taken.code, 0) << taken.err;
  const Outcome end = Stop(*server);
  EXPECT_EQ(end.code, 0);
  EXPECT_THAT(end.err, HasSubstr("Warning: The disk of " + data_ + " is full. The ballast was given up"));
}

TEST_F(SmallDisk, EndsTheProcessWith75WhereItCannotBeWritten) {
  const std::string data = folder_ / "ledger";
  const std::string journal = disk_ + "/journal";
  ASSERT_EQ(Bursar({"init", "--data-dir", data, "--journal-dir", journal}).code, 0);
  Process server(BURSAR_PROGRAM, {"serve", "--data-dir", data, "--journal-dir", journal, "--listen", "127.0.0.1:0",
                                  "--disk-low-bytes", "0", "--ballast-bytes", "0"});
  const std::string address = AddressIn(server.ReadLine());
  FillUpTo(0);
  const Outcome unknown = Bursar({"policy", "publish-terms", "1", "--document", "terms", "--as", "operator-olga",
                                  "--server", address, "--timeout", "5s"});
  EXPECT_EQ(unknown.code, 69) << "It is unknown whether it happened." << unknown.err;
  const Outcome end = server.Wait();
  EXPECT_EQ(end.code, 75);
  EXPECT_THAT(end.err, HasSubstr("Error: The log cannot be written: "));
  EXPECT_THAT(end.err, HasSubstr("What it answered is kept; what it did not answer may or may not have happened."));
}

}  // namespace
}  // namespace bursar
