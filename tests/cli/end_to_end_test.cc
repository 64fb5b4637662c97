// The built program, as people and supervisors use it. On loopback and in a folder of its own.
#include <csignal>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"
#include "tests/cli/process.h"
#include "tests/cli/running_server.h"

namespace bursar {
namespace {

using nlohmann::json;
using testing::HasSubstr;
using testing::StartsWith;

Outcome Bursar(std::vector<std::string> arguments, const std::map<std::string, std::string>& variables = {},
               const std::string& input = "") {
  return Process(BURSAR_PROGRAM, std::move(arguments), variables, input).Wait();
}

// Asks somewhere: a server or a folder, named by a setting and its value.
class Asker {
 public:
  Asker(std::string variable, std::string value) : variables_({{variable, value}}) {}

  Outcome operator()(const std::string& caller, std::vector<std::string> arguments,
                     const std::string& input = "") const {
    if (!caller.empty()) arguments.insert(arguments.end(), {"--as", caller});
    return Bursar(std::move(arguments), variables_, input);
  }
  // The answer as JSON; fails the test where it is an error.
  json Json(const std::string& caller, std::vector<std::string> arguments, const std::string& input = "") const {
    arguments.insert(arguments.end(), {"--format", "json"});
    const Outcome outcome = (*this)(caller, std::move(arguments), input);
    EXPECT_TRUE(outcome.code == 0 || outcome.code == 2) << outcome.err;
    return json::parse(outcome.out, nullptr, false);
  }

 private:
  std::map<std::string, std::string> variables_;
};

// From nothing to a denied job and an approved increase.
void PlayTheStory(const Asker& ask) {
  const std::string olga = "operator-olga";
  ask.Json(olga, {"policy", "publish-partner", "sjcloudplatform", "--display-name", "SJ Cloud"});
  ask.Json(olga,
           {"policy", "publish-promotion", "welcome-50", "--partner-id", "sjcloudplatform", "--amount", "50.00 USD"});
  ask.Json(olga, {"policy", "publish-terms", "2026-01", "--document", "terms"});
  ask.Json(olga, {"policy", "publish-terms", "2026-01", "--document", "pricing"});
  ask.Json(olga, {"policy", "publish-action-catalogue", "--actions-file", "-"},
           R"([{"name": "analysis.run", "gated": true, "category": "compute"}])");

  const json ada = ask.Json("", {"user", "register", "Ada", "--name", "Ada", "--email", "ada@example.org", "--currency",
                                 "USD", "--partner-id", "sjcloudplatform"});
  EXPECT_EQ(ada["user_id"], "user-ada");
  EXPECT_EQ(ada["entitlement"]["status"], "STATUS_ENTITLED");
  ask.Json("user-ada", {"billing", "submit-upgrade", "user-ada", "--contact.name", "Grace", "--contact.email",
                        "grace@example.org", "--contact.postal-address", "1 Main St", "--contact.phone", "+1 555 0100",
                        "--terms-version", "2026-01", "--pricing-version", "2026-01"});
  const json mails = ask.Json(olga, {"outbox"});
  ASSERT_EQ(mails["messages"].size(), 1u);
  const json confirmed = ask.Json("", {"billing", "confirm", mails["messages"][0]["link_token"].get<std::string>()});
  EXPECT_EQ(confirmed["credit"]["available_micros"], "50000000");

  const Outcome held = ask("user-ada", {"gate", "place-hold", "analysis.run", "--cost", "40.00"});
  EXPECT_EQ(held.code, 0) << held.err;
  EXPECT_THAT(held.out, StartsWith("ALLOWED, paid by user-ada, which then has 10.00 USD"));
  const Outcome denied = ask("user-ada", {"gate", "place-hold", "analysis.run", "--cost", "40.00"});
  EXPECT_EQ(denied.code, 2) << denied.err;
  EXPECT_THAT(denied.out,
              StartsWith("DENIED SPENDING_LIMIT_EXCEEDED: spending limit of user-ada, short by 30.00 USD\nRemedy: "));

  const json asked = ask.Json("user-ada", {"limit", "request-increase", "user-ada", "--requested-limit", "100.00"});
  ask.Json(olga, {"limit", "approve-increase", asked["increase"]["increase_id"].get<std::string>(), "--limit", "60"});
  EXPECT_EQ(ask("user-ada", {"gate", "place-hold", "analysis.run", "--cost", "40.00"}).code, 0);

  const Outcome balance = ask("finance-fay", {"finance", "balance", "user-ada"});
  EXPECT_THAT(balance.out, HasSubstr("Funds            30.00 USD"));
  EXPECT_THAT(balance.out, HasSubstr("Held             80.00 USD"));
  const json before =
      ask.Json("finance-fay", {"finance", "balance", "user-ada", "--at", confirmed["position"].get<std::string>()});
  EXPECT_EQ(before["balance"]["funds_micros"], "50000000");
  const json books = ask.Json("finance-fay", {"finance", "trial-balance"});
  EXPECT_EQ(books["totals"][0]["debit_micros"], books["totals"][0]["credit_micros"]);
}

TEST(Program, TellsItsStoryFromAFolderWithoutAServer) {
  const Folder folder;
  ASSERT_EQ(Bursar({"policy", "show", "--data-dir", folder / "ledger", "--create"}).code, 0);
  PlayTheStory(Asker("BURSAR_DATA_DIR", folder / "ledger"));
}

TEST(Program, TellsTheSameStoryThroughAServerAndKeepsIt) {
  const Folder folder;
  std::string entries;
  {
    Process server = Serve(folder / "ledger");
    const std::string ready = server.ReadLine();
    ASSERT_THAT(ready, StartsWith("Bursar serves " + (folder / "ledger") + " at 127.0.0.1:"));
    const Asker ask("BURSAR_SERVER", AddressIn(ready));
    PlayTheStory(ask);
    entries = ask("finance-fay", {"history", "list"}).out;
    const Outcome locked = Bursar({"finance", "balance", "--data-dir", folder / "ledger"});
    EXPECT_EQ(locked.code, 75) << locked.err;
    server.Signal(SIGTERM);
    const Outcome end = server.Wait();
    EXPECT_EQ(end.code, 0) << end.err;
    EXPECT_THAT(end.err, HasSubstr("Stopping: "));
  }
  EXPECT_EQ(Bursar({"history", "list", "--data-dir", folder / "ledger", "--as", "finance-fay"}).out, entries);
}

TEST(Program, LosesNothingThatWasAnsweredWhenItIsKilled) {
  const Folder folder;
  std::string answer;
  const std::vector<std::string> registration = {
      "user",       "register", "ada",          "--name",     "Ada",  "--email",       "ada@example.org",
      "--currency", "USD",      "--request-id", "register-1", "--as", "service-portal"};
  {
    Process server = Serve(folder / "ledger");
    const Outcome registered = Bursar(registration, {{"BURSAR_SERVER", AddressIn(server.ReadLine())}});
    ASSERT_EQ(registered.code, 0) << registered.err;
    answer = registered.out;
    server.Signal(SIGKILL);
    EXPECT_EQ(server.Wait().code, -SIGKILL);
  }
  const Outcome again = Bursar(registration, {{"BURSAR_DATA_DIR", folder / "ledger"}});
  EXPECT_EQ(again.code, 0) << again.err;
  EXPECT_EQ(again.out, answer) << "F6: the same request gets the first answer, across a crash.";
}

TEST(Program, MovesAClockThatStandsStillAndGoesOnFromACheckpoint) {
  const Folder folder;
  const std::vector<std::string> serve = {"serve",   "--data-dir", folder / "ledger", "--listen",  "127.0.0.1:0",
                                          "--clock", "manual",     "--clock-start",   "2026-03-01"};
  Init(folder / "ledger");
  {
    Process server(BURSAR_PROGRAM, serve);
    const Asker ask("BURSAR_SERVER", AddressIn(server.ReadLine()));
    EXPECT_THAT(server.ReadLine(), HasSubstr("THE CLOCK IS MANUAL: it stands at 2026-03-01T00:00:00Z"));
    EXPECT_EQ(ask.Json("", {"clock", "show"})["mode"], "CLOCK_MODE_MANUAL");
    EXPECT_EQ(ask.Json("operator-olga", {"clock", "advance", "--by", "36h"})["now"], "2026-03-02T12:00:00Z");
    EXPECT_EQ(ask.Json("operator-olga", {"clock", "advance", "--to", "2026-03-03T00:00:00Z"})["now"],
              "2026-03-03T00:00:00Z");
    EXPECT_EQ(ask("operator-olga", {"clock", "advance", "--to", "2026-03-02"}).code, 1);
    server.Signal(SIGTERM);
    EXPECT_EQ(server.Wait().code, 0);
  }
  Process server(BURSAR_PROGRAM, serve);
  EXPECT_THAT(server.ReadLine(), HasSubstr("position 3, from the checkpoint at 3 and 0 entries after it"));
  EXPECT_THAT(server.ReadLine(), HasSubstr("it stands at 2026-03-03T00:00:00Z"));
  server.Signal(SIGTERM);
  EXPECT_EQ(server.Wait().code, 0);
}

TEST(Program, SaysWhyItDoesNotServe) {
  const Folder folder;
  const Outcome open = Bursar({"serve", "--data-dir", folder / "ledger", "--listen", "0.0.0.0:0"});
  EXPECT_EQ(open.code, 64);
  EXPECT_THAT(open.err, HasSubstr("--insecure"));
  EXPECT_EQ(Bursar({"serve"}).code, 64);
  const Outcome no_clock = Bursar({"serve", "--data-dir", folder / "ledger", "--clock-start", "2026-03-01"});
  EXPECT_EQ(no_clock.code, 64);
  EXPECT_THAT(no_clock.err, HasSubstr("--clock=manual"));
}

TEST(Program, EndsWithTheDocumentedCodes) {
  const Folder folder;
  const Outcome unreachable = Bursar({"user", "get", "user-ada", "--server", "127.0.0.1:1"});
  EXPECT_EQ(unreachable.code, 69);
  EXPECT_THAT(unreachable.err, StartsWith("Error: No server answers at 127.0.0.1:1."));
  EXPECT_EQ(Bursar({"user", "get", "--frob"}).code, 64);
  EXPECT_EQ(Bursar({"user", "get", "--as", "Ada"}).code, 64);
  EXPECT_EQ(Bursar({"user", "get", "--data-dir", folder / "none"}).code, 64);
  EXPECT_EQ(Bursar({"user", "get", "--server", "a:1", "--data-dir", folder / "none"}).code, 64);
  EXPECT_EQ(Bursar({"user", "get"}, {{"BURSAR_TIMEOUT", "soon"}}).code, 64);
  EXPECT_EQ(Bursar({"--help"}).code, 0);
  EXPECT_EQ(Bursar({"--version"}).out.rfind("bursar ", 0), 0u);

  const Outcome refused = Bursar({"user", "get", "user-ada", "--as", "operator-olga", "--format", "json", "--data-dir",
                                  folder / "ledger", "--create"});
  EXPECT_EQ(refused.code, 1);
  EXPECT_EQ(refused.out, "");
  EXPECT_EQ(json::parse(refused.err)["reason"], "USER_NOT_FOUND");
  EXPECT_THAT(Bursar({"user", "register", "x", "--data-dir", folder / "ledger"}).err,
              HasSubstr("--name has to be there"));
}

}  // namespace
}  // namespace bursar
