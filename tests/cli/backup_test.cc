// The restore drill: a server at work is backed up and killed, and comes back from the backup as it was at its head, at
// a position, and at a time. And what exporting, importing, verifying, signing and proving say on the command line.
#include <atomic>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "bursar/v1/account.pb.h"
#include "bursar/v1/history.pb.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"
#include "services/client/client.h"
#include "tests/cli/running_server.h"

namespace bursar {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;

Outcome RunBursar(std::vector<std::string> arguments) { return Process(BURSAR_PROGRAM, std::move(arguments)).Wait(); }

// What a command that succeeds says as JSON.
json Done(std::vector<std::string> arguments) {
  arguments.push_back("--format=json");
  const Outcome outcome = RunBursar(arguments);
  EXPECT_EQ(outcome.code, 0) << arguments.front() << ": " << outcome.err;
  return json::parse(outcome.out, nullptr, false);
}

class Drill : public testing::Test {
 protected:
  static v1::RegisterUserRequest Registration(int number) {
    v1::RegisterUserRequest request;
    request.set_handle(absl::StrCat("person", number));
    request.set_name("A person");
    request.set_email(absl::StrCat("person", number, "@example.org"));
    request.set_currency("USD");
    request.set_request_id(absl::StrCat("registration-", number));
    return request;
  }

  // How many were answered, of `count` from `first` on.
  int Register(const std::string& address, int first, int count) {
    const Client portal(NewChannel(address), {.principal = "service-portal"});
    int answered = 0;
    for (int i = first; i < first + count; ++i) {
      answered += portal.Call<v1::RegisterUserResponse>(Registration(i)).ok() ? 1 : 0;
    }
    return answered;
  }

  static v1::GetHeadResponse Head(const std::string& address) {
    const Client operators(NewChannel(address), {.principal = "operator-olga"});
    const auto head = operators.Call<v1::GetHeadResponse>(v1::GetHeadRequest());
    EXPECT_TRUE(head.ok()) << head.status();
    return head.ok() ? *head : v1::GetHeadResponse();
  }

  static std::string Receipt(const v1::GetHeadResponse& head) {
    return absl::StrCat(head.block_last(), ":", head.block_hash());
  }

  json BackUp(const std::string& address) {
    return Done({"backup", "--to", folder_ / "backup", "--server", address, "--as", "operator-olga"});
  }

  // Of the folder `data`, which no server has open.
  std::string BackedUpOffline() {
    Done({"backup", "--to", folder_ / "offline", "--data-dir", folder_ / "data"});
    return folder_ / "offline";
  }

  const Folder folder_;
};

TEST_F(Drill, ComesBackFromABackupThatWasMadeUnderLoad) {
  Process server = Serve(folder_ / "data");
  const std::string address = AddressIn(server.ReadLine());
  ASSERT_GT(Register(address, 0, 40), 0);
  std::atomic<bool> backed_up = false;
  std::thread load([&] {
    for (int i = 100; !backed_up; i += 10) Register(address, i, 10);
  });
  const json first = BackUp(address);
  const json second = BackUp(address);
  backed_up = true;
  load.join();
  const json third = BackUp(address);
  const v1::GetHeadResponse head = Head(address);
  EXPECT_EQ(third["position"], head.position());
  EXPECT_EQ(third["hash"], head.block_hash());
  EXPECT_GE(second["position"], first["position"]);
  // What comes after the backup is lost with the machine.
  ASSERT_EQ(Register(address, 90'000, 3), 3);
  const v1::GetHeadResponse lost = Head(address);
  server.Signal(SIGKILL);
  server.Wait();

  const json restored = Done({"restore", "--from", folder_ / "backup", "--to", folder_ / "restored"});
  EXPECT_EQ(restored["restored_position"], head.position());
  EXPECT_EQ(Done({"verify", "--data-dir", folder_ / "restored", "--deep"})["position"], head.position() + 1);
  EXPECT_EQ(RunBursar({"verify", "--data-dir", folder_ / "restored", "--receipt", Receipt(head)}).code, 0);
  const Outcome alarm = RunBursar({"verify", "--data-dir", folder_ / "restored", "--receipt", Receipt(lost)});
  EXPECT_EQ(alarm.code, 78) << alarm.err;
  EXPECT_THAT(alarm.err, HasSubstr("receipt"));

  Process again = Serve(folder_ / "restored");
  const std::string there = AddressIn(again.ReadLine());
  const v1::GetHeadResponse now = Head(there);
  EXPECT_EQ(now.epoch(), restored["epoch"]);
  EXPECT_GE(now.epoch(), 2u);
  // Those that were backed up are known by their request ids; those that were lost are registered now.
  const Client portal(NewChannel(there), {.principal = "service-portal"});
  const auto known = portal.Call<v1::RegisterUserResponse>(Registration(0));
  ASSERT_TRUE(known.ok()) << known.status();
  EXPECT_LE(known->position(), head.position());
  const auto fresh = portal.Call<v1::RegisterUserResponse>(Registration(90'000));
  ASSERT_TRUE(fresh.ok()) << fresh.status();
  EXPECT_GT(fresh->position(), head.position());
}

TEST_F(Drill, ComesBackToAPositionAndATime) {
  Process server = Serve(folder_ / "data");
  const std::string address = AddressIn(server.ReadLine());
  ASSERT_EQ(Register(address, 0, 20), 20);
  BackUp(address);
  const Client operators(NewChannel(address), {.principal = "operator-olga"});
  const auto entries = operators.Call<v1::ListEntriesResponse>(v1::ListEntriesRequest());
  ASSERT_TRUE(entries.ok()) << entries.status();
  const auto& tenth = entries->entries(9).commit_time();
  server.Signal(SIGTERM);
  server.Wait();

  const json by_position =
      Done({"restore", "--from", folder_ / "backup", "--to", folder_ / "tenth", "--position", "10"});
  EXPECT_EQ(by_position["restored_position"], 10);
  const std::string time =
      absl::FormatTime(absl::RFC3339_full, absl::FromUnixSeconds(tenth.seconds()) + absl::Nanoseconds(tenth.nanos()),
                       absl::UTCTimeZone());
  const json by_time = Done({"restore", "--from", folder_ / "backup", "--to", folder_ / "then", "--time", time});
  EXPECT_GE(by_time["restored_position"], 10);
  EXPECT_LE(by_time["restored_position"], 20);
  for (const std::string name : {"tenth", "then"}) {
    EXPECT_EQ(RunBursar({"verify", "--data-dir", folder_ / name, "--deep"}).code, 0);
  }
  const Outcome beyond =
      RunBursar({"restore", "--from", folder_ / "backup", "--to", folder_ / "beyond", "--position", "100000"});
  EXPECT_EQ(beyond.code, 64) << beyond.err;
  EXPECT_FALSE(std::filesystem::exists(folder_ / "beyond"));
}

TEST_F(Drill, RefusesABackupThatIsTornAndNamesTheSegment) {
  Process server = Serve(folder_ / "data");
  const std::string address = AddressIn(server.ReadLine());
  ASSERT_EQ(Register(address, 0, 5), 5);
  BackUp(address);
  server.Signal(SIGTERM);
  server.Wait();
  std::string segment;
  for (const auto& file : std::filesystem::directory_iterator(folder_ / "backup")) {
    if (file.path().extension() == ".bursarlog") segment = file.path().string();
  }
  std::filesystem::resize_file(segment, std::filesystem::file_size(segment) - 9);
  const Outcome refused = RunBursar({"restore", "--from", folder_ / "backup", "--to", folder_ / "restored"});
  EXPECT_EQ(refused.code, 78);
  EXPECT_THAT(refused.err, HasSubstr(std::filesystem::path(segment).filename().string()));
  EXPECT_FALSE(std::filesystem::exists(folder_ / "restored"));
}

TEST_F(Drill, ExportsImportsSignsAndProves) {
  Process server = Serve(folder_ / "data");
  const std::string address = AddressIn(server.ReadLine());
  ASSERT_EQ(Register(address, 0, 20), 20);
  const json online =
      Done({"export", "--file", folder_ / "online.bursarlog", "--server", address, "--as", "operator-olga"});
  const Outcome denied = RunBursar({"export", "--file", folder_ / "no", "--server", address, "--as", "finance-fay"});
  EXPECT_EQ(denied.code, 1) << denied.err;
  const Outcome in_use = RunBursar({"export", "--file", folder_ / "no", "--data-dir", folder_ / "data"});
  EXPECT_EQ(in_use.code, 75) << in_use.err;
  server.Signal(SIGTERM);
  server.Wait();

  const json offline = Done({"export", "--file", folder_ / "offline.bursarlog", "--data-dir", folder_ / "data"});
  EXPECT_EQ(online["hash"], offline["hash"]);
  const json imported = Done({"import", "--file", folder_ / "offline.bursarlog", "--to", folder_ / "copy"});
  EXPECT_EQ(imported["hash"], offline["hash"]);
  EXPECT_EQ(imported["store_id"], offline["store_id"]);
  EXPECT_EQ(RunBursar({"import", "--file", folder_ / "offline.bursarlog", "--to", folder_ / "copy"}).code, 64);
  EXPECT_EQ(Done({"verify", "--file", folder_ / "online.bursarlog", "--deep"})["hash"], offline["hash"]);

  const std::string key = folder_ / "key.pem";
  const std::string public_key = folder_ / "key.pem.pub";
  const std::string checkpoint = folder_ / "signed";
  Done({"checkpoint", "keygen", "--key", key});
  EXPECT_EQ(RunBursar({"checkpoint", "keygen", "--key", key}).code, 64);
  Done({"checkpoint", "sign", "--key", key, "--file", checkpoint, "--data-dir", folder_ / "copy"});
  Done({"verify", "--data-dir", folder_ / "data", "--signed", checkpoint, "--public-key", public_key});
  Done({"prove", "--entry", "7", "--signed", checkpoint, "--public-key", public_key, "--file", folder_ / "proof",
        "--data-dir", folder_ / "data"});
  EXPECT_EQ(Done({"verify", "--proof", folder_ / "proof", "--public-key", public_key})["entry"], 7);

  Done({"restore", "--from", BackedUpOffline(), "--to", folder_ / "shorter", "--position", "9"});
  const Outcome other =
      RunBursar({"verify", "--data-dir", folder_ / "shorter", "--signed", checkpoint, "--public-key", public_key});
  EXPECT_EQ(other.code, 78) << other.err;
}

TEST_F(Drill, SaysWhatIsMissing) {
  EXPECT_EQ(RunBursar({"backup"}).code, 64);
  EXPECT_EQ(RunBursar({"restore", "--from", folder_ / "nothing", "--to", folder_ / "data"}).code, 64);
  EXPECT_EQ(RunBursar({"verify", "--file", folder_ / "nothing"}).code, 64);
  EXPECT_EQ(RunBursar({"verify", "--server", "127.0.0.1:1", "--as", "operator-olga", "--timeout", "100ms"}).code, 69);
  EXPECT_THAT(RunBursar({"backup", "--too", "x"}).err, HasSubstr("Did you mean --to?"));
  EXPECT_THAT(RunBursar({"checkpoint"}).err, HasSubstr("keygen, sign"));
  EXPECT_THAT(RunBursar({"verify", "--help"}).out, HasSubstr("--receipt POSITION:HASH"));
}

}  // namespace
}  // namespace bursar
