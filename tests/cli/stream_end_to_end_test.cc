// The built program where answers keep coming: watching, and streams of requests.
#include <csignal>
#include <fstream>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"
#include "tests/cli/process.h"
#include "tests/cli/running_server.h"

namespace bursar {
namespace {

using nlohmann::json;
using testing::ElementsAre;
using testing::EndsWith;
using testing::HasSubstr;
using testing::StartsWith;

// A server on a folder of its own, and a program for each question to it.
class StreamProgram : public testing::Test {
 protected:
  StreamProgram() {
    Init(folder_ / "ledger");
    server_ = std::make_unique<Process>(BURSAR_PROGRAM, ServeArguments("127.0.0.1:0"));
    address_ = AddressIn(server_->ReadLine());
  }

  std::vector<std::string> ServeArguments(const std::string& address) const {
    return {"serve",           "--data-dir", folder_ / "ledger", "--listen", address, "--disk-low-bytes", "0",
            "--ballast-bytes", "0"};
  }

  std::unique_ptr<Process> Start(std::vector<std::string> arguments, const std::string& caller,
                                 const std::string& input = "") const {
    arguments.insert(arguments.end(), {"--as", caller, "--server", address_});
    return std::make_unique<Process>(BURSAR_PROGRAM, std::move(arguments), std::map<std::string, std::string>(), input);
  }

  Outcome Ask(std::vector<std::string> arguments, const std::string& caller, const std::string& input = "") const {
    return Start(std::move(arguments), caller, input)->Wait();
  }

  void Register(const std::string& handle) const {
    const Outcome outcome =
        Ask({"user", "register", handle, "--name", "Somebody", "--email", handle + "@example.org", "--currency", "USD"},
            "service-portal");
    ASSERT_EQ(outcome.code, 0) << outcome.err;
  }

  // Ada with 100.00 USD, and a price of a unit each for "compute".
  void MakeAda() const {
    Register("ada");
    EXPECT_EQ(
        Ask({"credit", "grant", "user-ada", "--amount", "100.00 USD", "--reason", "A test"}, "operator-olga").code, 0);
    EXPECT_EQ(Ask({"policy", "publish-price-list", "--currency", "USD", "--prices-file", "-"}, "operator-olga",
                  R"([{"sku": "compute", "price_micros": 1000000, "per_quantity": 1, "category": "compute"}])")
                  .code,
              0);
  }

  std::string Usage(const std::string& id, int quantity) const {
    return json{{"records",
                 {{{"record_id", id},
                   {"user_id", "user-ada"},
                   {"usage", {{"sku", "compute"}, {"quantity", quantity}}}}}}}
               .dump() +
           "\n";
  }

  // Ends the server as a supervisor does, and starts it again at the same address.
  void Restart() {
    server_->Signal(SIGTERM);
    EXPECT_EQ(server_->Wait().code, 0);
    server_ = std::make_unique<Process>(BURSAR_PROGRAM, ServeArguments(address_));
    EXPECT_THAT(server_->ReadLine(), HasSubstr(address_));
  }

  const Folder folder_;
  std::unique_ptr<Process> server_;
  std::string address_;
};

TEST_F(StreamProgram, WatchesEntriesUntilItHasToldEnough) {
  Register("ada");
  const Outcome told = Ask({"history", "watch", "--from-position", "1", "--count", "1"}, "finance-fay");
  EXPECT_EQ(told.code, 0) << told.err;
  EXPECT_THAT(told.out, StartsWith("1  20"));
  EXPECT_THAT(told.out, HasSubstr("  service-portal  UserRegistered user_id=user-ada"));
  EXPECT_THAT(told.err, EndsWith("Told up to position 1; go on with --from-position 2.\n"));

  const Outcome refused = Ask({"history", "watch"}, "user-ada");
  EXPECT_EQ(refused.code, 1);
  EXPECT_THAT(refused.err, HasSubstr("PERMISSION_DENIED"));
  EXPECT_EQ(Ask({"history", "watch", "--count", "0"}, "finance-fay").code, 64);
}

TEST_F(StreamProgram, WatchesOnAcrossARestartAndEndsOnASignal) {
  Register("ada");
  const auto watch =
      Start({"history", "watch", "--from-position", "1", "--format", "json", "--event-types", "UserRegistered"},
            "finance-fay");
  std::vector<std::string> users;
  const auto read_up_to = [&](const std::string& user) {
    while (users.empty() || users.back() != user) {
      const std::string line = watch->ReadLine();
      ASSERT_NE(line, "") << "the watch has ended";
      const json message = json::parse(line);
      for (const json& entry : message["entries"]) {
        users.push_back(entry["events"][0]["attributes"][0]["value"]);
      }
    }
  };
  read_up_to("user-ada");
  Restart();
  Register("bob");
  read_up_to("user-bob");
  Restart();
  Register("cy");
  read_up_to("user-cy");
  EXPECT_THAT(users, ElementsAre("user-ada", "user-bob", "user-cy"));
  watch->Signal(SIGINT);
  const Outcome end = watch->Wait();
  EXPECT_EQ(end.code, 0) << end.err;
  EXPECT_THAT(end.err, HasSubstr("Watching goes on after position "));
}

TEST_F(StreamProgram, StreamsUsageAndWatchesTheFundsThatItUses) {
  MakeAda();
  const auto watch = Start({"gate", "watch", "user-ada", "--count", "2"}, "user-ada");
  EXPECT_THAT(watch->ReadLine(), EndsWith("  now  user-ada  0 % used, 100.00 USD left of 100.00 USD"));
  const Outcome streamed = Ask({"usage", "stream"}, "service-portal", Usage("r1", 30) + "\n" + Usage("r2", 25));
  EXPECT_EQ(streamed.code, 0) << streamed.err;
  EXPECT_THAT(streamed.out, HasSubstr("1  r1  charge-"));
  EXPECT_THAT(streamed.out, HasSubstr("3  r2  charge-"));
  EXPECT_THAT(streamed.out, HasSubstr(": 25.00 USD to user-ada\n"));
  EXPECT_THAT(watch->ReadLine(), EndsWith("  user-ada  25 % used, 70.00 USD left of 100.00 USD"));
  EXPECT_THAT(watch->ReadLine(), EndsWith("  user-ada  50 % used, 45.00 USD left of 100.00 USD"));
  EXPECT_EQ(watch->Wait().code, 0);

  std::ofstream(folder_ / "usage.jsonl") << Usage("r1", 30) << "not a message\n" << Usage("r3", 1);
  const Outcome wrong =
      Ask({"usage", "stream", "--messages", folder_ / "usage.jsonl", "--format", "json"}, "service-portal");
  EXPECT_EQ(wrong.code, 64);
  EXPECT_EQ(json::parse(wrong.out)["results"][0]["record_id"], "r1") << "what came before is answered";
  EXPECT_THAT(wrong.err, HasSubstr("usage.jsonl:2 is not a StreamUsageRequest in JSON"));
}

TEST_F(StreamProgram, StreamsChecksAndSaysThatOneWasDenied) {
  MakeAda();
  ASSERT_EQ(Ask({"policy", "publish-action-catalogue", "--actions-file", "-"}, "operator-olga",
                R"([{"name": "analysis.run", "gated": true, "category": "compute"}])")
                .code,
            0);
  const std::string check = R"({"gated_actions": [{"action": "analysis.run"}]})";
  const Outcome denied = Ask({"gate", "stream-checks"}, "user-ada", check + "\n" + check + "\n");
  EXPECT_EQ(denied.code, 2) << denied.err;
  EXPECT_THAT(denied.out, StartsWith("1 [0]  DENIED BILLING_NOT_SET_UP"));
  EXPECT_THAT(denied.out, HasSubstr("\n2 [0]  DENIED BILLING_NOT_SET_UP"));
  const Outcome refused = Ask({"gate", "stream-checks"}, "operator-olga", check + "\n");
  EXPECT_EQ(refused.code, 1) << refused.out;
  EXPECT_THAT(refused.err, HasSubstr("PERMISSION_DENIED"));
}

TEST_F(StreamProgram, TellsWhatIsInAFolderUpToItsEnd) {
  MakeAda();
  server_->Signal(SIGTERM);
  ASSERT_EQ(server_->Wait().code, 0);
  const auto ask = [&](std::vector<std::string> arguments) {
    arguments.insert(arguments.end(), {"--as", "finance-fay", "--data-dir", folder_ / "ledger"});
    return Process(BURSAR_PROGRAM, std::move(arguments)).Wait();
  };
  const Outcome entries = ask({"history", "watch", "--from-position", "1", "--event-types", "CreditGranted"});
  EXPECT_EQ(entries.code, 0) << entries.err;
  EXPECT_THAT(entries.out, HasSubstr("CreditGranted credit=credit-2"));
  EXPECT_THAT(entries.err, EndsWith("Told up to position 3; go on with --from-position 4.\n"));
  EXPECT_THAT(ask({"gate", "watch", "user-ada"}).out, HasSubstr("now  user-ada  0 % used, 100.00 USD left"));
}

}  // namespace
}  // namespace bursar
