// The ledger at work on a log in memory and a clock that stands still until it is told to move.
#include "ledger/engine/ledger.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <condition_variable>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "ledger/domain/refusals.h"
#include "ledger/log/block.h"
#include "ledger/log/memory_log.h"
#include "ledger/log/rocksdb_log.h"
#include "ledger/projections/request_index.h"
#include "tests/log/failing_log.h"

namespace bursar {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

const absl::Time kStart = absl::FromUnixSeconds(1'800'000'000);
const Principal kOlga{.role = Role::kOperator, .name = "olga"};
const Principal kPortal{.role = Role::kService, .name = "portal"};
const UserId kAda = UserId::OfHandle("ada");

// Stands for the fingerprint of a request.
std::string Fingerprint(absl::string_view of) { return absl::StrCat(of, std::string(16 - of.size(), '.')); }

Submission Submit(const Principal& principal, std::string request_id, Command command,
                  absl::string_view print = "one") {
  return {.principal = principal,
          .request_id = std::move(request_id),
          .fingerprint = Fingerprint(print),
          .command = std::move(command)};
}

Submission Publish(std::string request_id, std::string partner = "acme", absl::string_view print = "one") {
  return Submit(kOlga, std::move(request_id), PublishPartner{.partner_id = std::move(partner), .display_name = "Acme"},
                print);
}

// Refused: there is no such partner.
Submission Refused(std::string request_id) {
  return Submit(kPortal, std::move(request_id),
                RegisterUser{.handle = "bob", .partner_id = "nobody", .currency = "USD"});
}

Submission RegisterAda() {
  return Submit(kPortal, "register-ada",
                RegisterUser{.handle = "ada", .person = {.email = "ada@example.org"}, .currency = "USD"});
}

Submission GrantAda(std::string request_id, std::optional<absl::Time> expire_time = std::nullopt) {
  return Submit(kOlga, std::move(request_id),
                GrantCredit{.billing_account = BillingAccountId(kAda),
                            .amount = Money::Micros(5'000'000),
                            .expire_time = expire_time,
                            .reason = "a gift"});
}

Submission PublishCatalogue() {
  return Submit(kOlga, "catalogue",
                PublishActionCatalogue{.actions = {{.name = "analysis.run", .gated = true, .category = "compute"}}});
}

Submission CheckAda() {
  return {.principal = kPortal, .command = Check{{.action = "analysis.run", .user = kAda, .cost = Money::Micros(1)}}};
}

// Collects answers as they come; await all of them before it ends.
class Answers {
 public:
  Done For(std::string name) {
    return [this, name = std::move(name)](absl::StatusOr<Answer> answer) {
      const std::lock_guard<std::mutex> lock(mutex_);
      came_.emplace_back(name, std::move(answer));
      changed_.notify_all();
    };
  }

  const std::vector<std::pair<std::string, absl::StatusOr<Answer>>>& Await(size_t count) {
    std::unique_lock<std::mutex> lock(mutex_);
    changed_.wait(lock, [&] { return came_.size() >= count; });
    return came_;
  }

  size_t count() {
    const std::lock_guard<std::mutex> lock(mutex_);
    return came_.size();
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::pair<std::string, absl::StatusOr<Answer>>> came_;
};

std::vector<std::string> Names(const std::vector<std::pair<std::string, absl::StatusOr<Answer>>>& answers) {
  std::vector<std::string> names;
  for (const auto& [name, answer] : answers) names.push_back(name);
  return names;
}

std::string EmptyFolder() {
  const auto* test = testing::UnitTest::GetInstance()->current_test_info();
  const std::filesystem::path folder =
      std::filesystem::path(testing::TempDir()) / absl::StrCat(test->test_suite_name(), "-", test->name());
  std::filesystem::remove_all(folder);
  return folder.string();
}

class LedgerTest : public testing::Test {
 protected:
  LedgerTest() { Open(); }

  void Open(Ledger::Options options = {}) {
    ledger_.reset();
    options.log = &log_;
    options.clock = &clock_;
    options.on_failure = [this](const absl::Status& status) {
      const std::lock_guard<std::mutex> lock(mutex_);
      failures_.push_back(status);
      failed_.notify_all();
    };
    absl::StatusOr<std::unique_ptr<Ledger>> ledger = Ledger::Open(std::move(options));
    ASSERT_TRUE(ledger.ok()) << ledger.status();
    ledger_ = *std::move(ledger);
  }

  absl::StatusOr<Answer> Ask(Submission submission) { return ledger_->SubmitAndWait(std::move(submission)); }

  Answer MustAnswer(Submission submission) {
    absl::StatusOr<Answer> answer = Ask(std::move(submission));
    EXPECT_TRUE(answer.ok()) << answer.status();
    return answer.ok() ? *answer : std::make_shared<storage::v1::Entry>();
  }

  // Holds the log with one command in it, so that whatever follows queues up behind it.
  void Jam(Answers& answers) {
    log_.Hold();
    const int before = log_.appends();
    ledger_->Submit(Publish("jam"), answers.For("jam"));
    log_.AwaitAppends(before + 1);
  }

  std::string Canonical() const {
    std::string canonical;
    ledger_->Read([&](const State& state, absl::Time) { canonical = state.Canonical(); });
    return canonical;
  }

  Position DurablePosition() const {
    Position position = 0;
    ledger_->Read([&](const State& state, absl::Time) { position = state.position; });
    return position;
  }

  std::string Digest() const {
    EXPECT_TRUE(ledger_->projections().WaitFor(DurablePosition(), absl::InfiniteFuture()).ok());
    const absl::StatusOr<std::string> digest = ledger_->projections().Digest();
    EXPECT_TRUE(digest.ok()) << digest.status();
    return digest.value_or("");
  }

  std::vector<absl::Status> AwaitFailure() {
    std::unique_lock<std::mutex> lock(mutex_);
    failed_.wait(lock, [&] { return !failures_.empty(); });
    return failures_;
  }

  ManualClock clock_{kStart};
  MemoryLog memory_;
  FailingLog log_{memory_};
  std::mutex mutex_;
  std::condition_variable failed_;
  std::vector<absl::Status> failures_;
  std::unique_ptr<Ledger> ledger_;
};

TEST_F(LedgerTest, AnswersWithTheEntryThatWasWritten) {
  const Answer answer = MustAnswer(Publish("first"));
  EXPECT_EQ(answer->position(), 1u);
  EXPECT_EQ(answer->principal(), "operator-olga");
  EXPECT_EQ(answer->request_id(), "first");
  EXPECT_EQ(answer->commit_time(), absl::ToUnixMicros(kStart));
  EXPECT_EQ(answer->events_size(), 1);
  EXPECT_EQ(log_.Last().position, 1u);
  EXPECT_EQ(DurablePosition(), 1u);
}

TEST_F(LedgerTest, ARefusalWritesNothing) {
  MustAnswer(Publish("first"));
  EXPECT_TRUE(absl::IsNotFound(Ask(Refused("second")).status()));
  EXPECT_EQ(log_.Last().position, 1u);
  // and is not remembered
  EXPECT_EQ(MustAnswer(Publish("second"))->position(), 2u);
}

TEST_F(LedgerTest, AnEmptyDecisionIsAnsweredWithoutAnEntry) {
  MustAnswer(Publish("first"));
  const Answer answer = MustAnswer({.principal = Principal::System(), .command = ExpireDue{}});
  EXPECT_EQ(answer->position(), 1u);
  EXPECT_EQ(answer->events_size(), 0);
  EXPECT_EQ(log_.Last().position, 1u);
}

TEST_F(LedgerTest, TheSameRequestTwiceChangesNothingAndGetsTheSameAnswer) {
  const Answer first = MustAnswer(Publish("same"));
  clock_.Advance(absl::Hours(1));
  const Answer again = MustAnswer(Publish("same"));
  EXPECT_EQ(again->SerializeAsString(), first->SerializeAsString());
  EXPECT_EQ(log_.Last().position, 1u);
}

TEST_F(LedgerTest, AFollowerIsToldOfEveryBlockOnceWhenItIsDurable) {
  MustAnswer(Publish("before"));
  std::mutex mutex;
  std::vector<Position> told;
  auto following = ledger_->Follow([&](const DurableBlock& block) {
    const std::lock_guard<std::mutex> lock(mutex);
    for (const storage::v1::Entry& entry : block->entries()) told.push_back(entry.position());
    EXPECT_EQ(DurablePosition(), told.back());
  });
  EXPECT_EQ(following->after(), 1u);
  MustAnswer(Publish("second", "second"));
  Answers answers;
  Jam(answers);
  // Told only of what is durable.
  {
    const std::lock_guard<std::mutex> lock(mutex);
    EXPECT_THAT(told, ElementsAre(2));
  }
  ledger_->Submit(Publish("fourth", "fourth"), answers.For("fourth"));
  ledger_->Submit(Publish("fifth", "fifth"), answers.For("fifth"));
  log_.Release();
  answers.Await(3);
  {
    const std::lock_guard<std::mutex> lock(mutex);
    EXPECT_THAT(told, ElementsAre(2, 3, 4, 5));
  }
  following.reset();
  MustAnswer(Publish("sixth", "sixth"));
  EXPECT_THAT(told, ElementsAre(2, 3, 4, 5)) << "it does not follow any longer";
}

TEST_F(LedgerTest, AFollowerIsNotToldOfWhatWasNotAppended) {
  int told = 0;
  const auto following = ledger_->Follow([&](const DurableBlock&) { ++told; });
  log_.FailFromNowOn();
  EXPECT_FALSE(Ask(Publish("lost")).ok());
  AwaitFailure();
  EXPECT_EQ(told, 0);
}

TEST_F(LedgerTest, TheSameIdForAnotherRequestIsRefused) {
  MustAnswer(Publish("same"));
  EXPECT_EQ(ReasonOf(Ask(Publish("same", "other", "two")).status()), "REQUEST_ID_REUSED");
  EXPECT_EQ(log_.Last().position, 1u);
}

TEST_F(LedgerTest, TheSameIdOfAnotherPrincipalIsAnotherRequest) {
  MustAnswer(Publish("same"));
  Submission other = Publish("same");
  other.principal.name = "oscar";
  EXPECT_EQ(MustAnswer(std::move(other))->position(), 2u);
}

TEST_F(LedgerTest, ARepetitionWhileTheFirstIsInFlightIsAnsweredTogetherWithIt) {
  Answers answers;
  Jam(answers);
  ledger_->Submit(Publish("jam"), answers.For("again"));
  ledger_->Submit(Publish("jam", "other", "two"), answers.For("other"));
  EXPECT_EQ(answers.count(), 0u);
  log_.Release();

  const auto& came = answers.Await(3);
  EXPECT_THAT(Names(came), ElementsAre("jam", "again", "other"));
  ASSERT_TRUE(came[0].second.ok() && came[1].second.ok());
  EXPECT_EQ((*came[0].second)->position(), (*came[1].second)->position());
  EXPECT_EQ(ReasonOf(came[2].second.status()), "REQUEST_ID_REUSED");
  EXPECT_EQ(log_.Last().position, 1u);
}

TEST_F(LedgerTest, ARepetitionWithinOneGroupIsWrittenOnce) {
  Answers answers;
  Jam(answers);
  for (int i = 0; i < 3; ++i) ledger_->Submit(Publish("thrice"), answers.For("thrice"));
  log_.Release();
  for (const auto& [name, answer] : answers.Await(4)) {
    ASSERT_TRUE(answer.ok());
    EXPECT_EQ((*answer)->position(), name == "jam" ? 1u : 2u);
  }
  EXPECT_EQ(log_.Last().position, 2u);
}

TEST_F(LedgerTest, ARepetitionAfterReopeningGetsTheSameAnswer) {
  const std::string first = MustAnswer(Publish("same"))->SerializeAsString();
  Open();
  EXPECT_EQ(MustAnswer(Publish("same"))->SerializeAsString(), first);
  EXPECT_EQ(ReasonOf(Ask(Publish("same", "other", "two")).status()), "REQUEST_ID_REUSED");
  EXPECT_EQ(log_.Last().position, 1u);
}

TEST_F(LedgerTest, ARepetitionIsFoundOnDiskWhenMemoryHasForgottenIt) {
  const std::string first = MustAnswer(Publish("old"))->SerializeAsString();
  // More than are kept in memory.
  constexpr size_t kOthers = 70'000;
  Answers answers;
  for (size_t i = 0; i < kOthers; ++i) {
    ledger_->Submit(Publish(absl::StrCat("other-", i)), answers.For(""));
    if (i % 1'000 == 0) answers.Await(i);
  }
  answers.Await(kOthers);
  ASSERT_TRUE(ledger_->projections().WaitFor(kOthers + 1, absl::InfiniteFuture()).ok());
  MustAnswer(Publish("another group, so that what is indexed may be forgotten"));

  EXPECT_EQ(MustAnswer(Publish("old"))->SerializeAsString(), first);
  EXPECT_EQ(ReasonOf(Ask(Publish("old", "other", "two")).status()), "REQUEST_ID_REUSED");
  EXPECT_EQ(log_.Last().position, kOthers + 2);
}

TEST_F(LedgerTest, CommandsThatWaitTogetherAreWrittenAsOneBlockAndAnsweredInOrder) {
  Answers answers;
  Jam(answers);
  // Decided while the first is being written, then one more group of all the rest.
  ledger_->Submit(Publish("a"), answers.For("a"));
  ledger_->Submit(Refused("b"), answers.For("b"));
  ledger_->Submit(Publish("c"), answers.For("c"));
  for (const char* name : {"d", "e", "f"}) ledger_->Submit(Publish(name), answers.For(name));
  log_.Release();
  EXPECT_THAT(Names(answers.Await(7)), ElementsAre("jam", "a", "b", "c", "d", "e", "f"));
  EXPECT_EQ(log_.Last().position, 6u);
  EXPECT_LE(log_.appends(), 3);
}

TEST_F(LedgerTest, ARefusalWaitsForWhatWasDecidedBeforeIt) {
  Answers answers;
  Jam(answers);
  ledger_->Submit(Refused("b"), answers.For("refused"));
  ledger_->Submit({.principal = Principal::System(), .command = ExpireDue{}}, answers.For("empty"));
  EXPECT_EQ(answers.count(), 0u);
  log_.Release();
  EXPECT_THAT(Names(answers.Await(3)), ElementsAre("jam", "refused", "empty"));
  EXPECT_EQ(log_.appends(), 1);
}

TEST_F(LedgerTest, ABlockHoldsNoMoreThanTheGroupCapacity) {
  Open({.group_capacity = 4});
  Answers answers;
  Jam(answers);
  for (int i = 0; i < 20; ++i) ledger_->Submit(Publish(absl::StrCat(i)), answers.For(""));
  log_.Release();
  answers.Await(21);
  ASSERT_TRUE(log_.Read(1,
                        [](const StoredBlock& block) {
                          EXPECT_LE(block.last - block.first + 1, 4u);
                          return absl::OkStatus();
                        })
                  .ok());
}

TEST_F(LedgerTest, AFullQueueRefusesAtOnce) {
  Open({.queue_capacity = 3});
  Answers answers;
  Jam(answers);
  int refused = 0;
  // One group may be decided while the first is being written; three more may wait.
  for (int i = 0; i < 10; ++i) {
    ledger_->Submit(Publish(absl::StrCat(i)), [&, done = answers.For("")](absl::StatusOr<Answer> answer) {
      if (absl::IsResourceExhausted(answer.status())) ++refused;
      done(std::move(answer));
    });
  }
  EXPECT_GE(refused, 4);
  log_.Release();
  answers.Await(11);
  EXPECT_EQ(log_.Last().position, 11u - refused);
}

TEST_F(LedgerTest, ReadersNeverSeeWhatIsNotDurable) {
  MustAnswer(Publish("first"));
  Answers answers;
  Jam(answers);
  ledger_->Submit(Publish("behind", "umbrella"), answers.For("behind"));
  EXPECT_EQ(DurablePosition(), 1u);
  EXPECT_TRUE(absl::IsDeadlineExceeded(ledger_->WaitFor(2, absl::Now())));
  log_.Release();
  EXPECT_TRUE(ledger_->WaitFor(3, absl::InfiniteFuture()).ok());
  EXPECT_EQ(DurablePosition(), 3u);
  answers.Await(2);
}

TEST_F(LedgerTest, AnAnswerIsNeverAheadOfTheDurableState) {
  std::atomic<bool> ahead = false;
  Answers answers;
  for (int i = 0; i < 500; ++i) {
    ledger_->Submit(Publish(absl::StrCat(i)), [&, done = answers.For("")](absl::StatusOr<Answer> answer) {
      if (!answer.ok() || (*answer)->position() > log_.Last().position || (*answer)->position() > DurablePosition()) {
        ahead = true;
      }
      done(std::move(answer));
    });
  }
  answers.Await(500);
  EXPECT_FALSE(ahead);
}

TEST_F(LedgerTest, AfterAFailedAppendEverythingIsUnavailableAndNothingIsAppended) {
  MustAnswer(Publish("first"));
  Answers answers;
  Jam(answers);
  for (const char* name : {"a", "b", "c"}) ledger_->Submit(Publish(name), answers.For(name));
  ledger_->Submit(Refused("d"), answers.For("d"));
  ledger_->Submit(Publish("first"), answers.For("repetition"));
  log_.FailFromNowOn();
  log_.Release();
  EXPECT_THAT(AwaitFailure(), ElementsAre(absl::UnavailableError("The disk is gone.")));

  // All were answered before the failure was reported.
  ASSERT_EQ(answers.count(), 6u);
  for (const auto& [name, answer] : answers.Await(6)) {
    EXPECT_TRUE(absl::IsUnavailable(answer.status())) << name << ": " << answer.status();
  }
  EXPECT_EQ(log_.appends(), 2);
  EXPECT_TRUE(absl::IsUnavailable(Ask(Publish("later")).status()));
  EXPECT_TRUE(absl::IsUnavailable(ledger_->Tick()));
  EXPECT_EQ(log_.appends(), 2);
  EXPECT_EQ(DurablePosition(), 1u);
  ledger_.reset();
  EXPECT_EQ(failures_.size(), 1u);
}

TEST_F(LedgerTest, WhatTimeBringsAboutIsDecidedBeforeTheNextCommand) {
  MustAnswer(RegisterAda());
  MustAnswer(GrantAda("gift", kStart + absl::Hours(1)));
  clock_.Advance(absl::Hours(1));
  const Answer answer = MustAnswer(Publish("later"));
  EXPECT_EQ(answer->position(), 4u);

  std::vector<storage::v1::Entry> entries;
  ASSERT_TRUE(VerifiedRead(log_, [&](const storage::v1::Block& block) {
                entries.insert(entries.end(), block.entries().begin(), block.entries().end());
                return absl::OkStatus();
              }).ok());
  ASSERT_EQ(entries.size(), 4u);
  EXPECT_TRUE(entries[2].events(0).has_credit_expired());
  EXPECT_EQ(entries[2].principal(), Principal::System().text());
  EXPECT_EQ(entries[2].commit_time(), absl::ToUnixMicros(kStart + absl::Hours(1)));
}

TEST_F(LedgerTest, WhatIsDueAtOnceIsAllWrittenHoweverSmallTheGroups) {
  Open({.group_capacity = 2});
  MustAnswer(RegisterAda());
  for (int i = 0; i < 10; ++i) MustAnswer(GrantAda(absl::StrCat(i), kStart + absl::Hours(1)));
  clock_.Advance(absl::Hours(1));
  ASSERT_TRUE(ledger_->Tick().ok());
  ledger_->Read([](const State& state, absl::Time now) { EXPECT_GT(state.NextDue(), now); });
}

TEST_F(LedgerTest, TickWritesWhatIsDueAndNothingElse) {
  MustAnswer(RegisterAda());
  MustAnswer(GrantAda("gift", kStart + absl::Hours(1)));
  ASSERT_TRUE(ledger_->Tick().ok());
  EXPECT_EQ(log_.Last().position, 2u);
  clock_.Advance(absl::Hours(1));
  ASSERT_TRUE(ledger_->Tick().ok());
  EXPECT_EQ(log_.Last().position, 3u);
}

TEST_F(LedgerTest, TimeThatHasPassedIsNoticedWithoutACommand) {
  ledger_.reset();
  SystemClock clock;
  absl::StatusOr<std::unique_ptr<Ledger>> ledger = Ledger::Open({.log = &log_, .clock = &clock});
  ASSERT_TRUE(ledger.ok());
  ASSERT_TRUE((*ledger)->SubmitAndWait(RegisterAda()).ok());
  ASSERT_TRUE((*ledger)->SubmitAndWait(GrantAda("gift", absl::Now() + absl::Milliseconds(50))).ok());
  EXPECT_TRUE((*ledger)->WaitFor(3, absl::Now() + absl::Seconds(30)).ok());
}

TEST_F(LedgerTest, TimeNeverGoesBackWhateverTheClockDoes) {
  MustAnswer(Publish("first"));
  clock_.Set(kStart - absl::Hours(5));
  EXPECT_EQ(MustAnswer(Publish("second"))->commit_time(), absl::ToUnixMicros(kStart));
  ledger_->Read([](const State&, absl::Time now) { EXPECT_EQ(now, kStart); });
}

TEST_F(LedgerTest, ADecisionThatRepeatsAnEarlierOneIsAnsweredWithThatEntry) {
  MustAnswer(RegisterAda());
  MustAnswer(PublishCatalogue());
  const Answer denied = MustAnswer(CheckAda());
  ASSERT_EQ(denied->events_size(), 1);
  ASSERT_TRUE(denied->events(0).has_action_denied());
  EXPECT_EQ(MustAnswer(CheckAda())->SerializeAsString(), denied->SerializeAsString());
  Open();
  EXPECT_EQ(MustAnswer(CheckAda())->SerializeAsString(), denied->SerializeAsString());
  EXPECT_EQ(log_.Last().position, 3u);
}

TEST_F(LedgerTest, ReplayEqualsTheLiveState) {
  MustAnswer(RegisterAda());
  MustAnswer(PublishCatalogue());
  MustAnswer(CheckAda());
  for (int i = 0; i < 100; ++i) MustAnswer(GrantAda(absl::StrCat(i), kStart + absl::Minutes(i + 1)));
  clock_.Advance(absl::Minutes(50));
  ASSERT_TRUE(ledger_->Tick().ok());
  const std::string live = Canonical();
  Open();
  EXPECT_EQ(Canonical(), live);
}

TEST_F(LedgerTest, ADamagedLogIsNotOpened) {
  MustAnswer(Publish("first"));
  ledger_.reset();
  // A block of nowhere.
  storage::v1::Block block;
  block.add_entries()->set_position(2);
  StoredBlock stored = Seal(block, log_.Last());
  stored.bytes[stored.bytes.size() - 1] ^= 1;
  ASSERT_TRUE(memory_.Append(stored).ok());
  const absl::Status opened = Ledger::Open({.log = &log_, .clock = &clock_}).status();
  EXPECT_TRUE(absl::IsDataLoss(opened)) << opened;
  EXPECT_THAT(std::string(opened.message()), HasSubstr("position 2:"));
}

TEST_F(LedgerTest, RehearsalSaysWhatWouldBeAnsweredAndChangesNothing) {
  MustAnswer(Publish("first"));
  const std::string state = Canonical();
  const std::string views = Digest();

  const absl::StatusOr<Answer> rehearsed = ledger_->Rehearse(Publish("second", "umbrella"));
  ASSERT_TRUE(rehearsed.ok()) << rehearsed.status();
  EXPECT_TRUE(absl::IsNotFound(ledger_->Rehearse(Refused("third")).status()));
  EXPECT_EQ(ReasonOf(ledger_->Rehearse(Publish("first", "other", "two")).status()), "REQUEST_ID_REUSED");
  EXPECT_EQ((*ledger_->Rehearse(Publish("first")))->position(), 1u);

  EXPECT_EQ(log_.Last().position, 1u);
  EXPECT_EQ(Canonical(), state);
  EXPECT_EQ(Digest(), views);
  EXPECT_EQ(MustAnswer(Publish("second", "umbrella"))->SerializeAsString(), (*rehearsed)->SerializeAsString());
}

TEST_F(LedgerTest, RehearsalIsJudgedAfterWhatTimeHasBroughtAbout) {
  MustAnswer(RegisterAda());
  MustAnswer(GrantAda("gift", kStart + absl::Hours(1)));
  clock_.Advance(absl::Hours(2));
  const absl::StatusOr<Answer> rehearsed = ledger_->Rehearse(Publish("later"));
  ASSERT_TRUE(rehearsed.ok()) << rehearsed.status();
  EXPECT_EQ((*rehearsed)->position(), 4u);
}

TEST_F(LedgerTest, DeletedProjectionsAreBuiltAgainAndAreTheSame) {
  const std::string folder = EmptyFolder();
  Open({.projections_folder = folder});
  MustAnswer(RegisterAda());
  for (int i = 0; i < 50; ++i) MustAnswer(GrantAda(absl::StrCat(i)));
  const std::string followed = Digest();

  Open({.projections_folder = folder});
  EXPECT_EQ(Digest(), followed);
  ledger_.reset();
  std::filesystem::remove_all(folder);
  Open({.projections_folder = folder});
  EXPECT_EQ(Digest(), followed);
}

TEST_F(LedgerTest, DamagedProjectionsAreBuiltAgain) {
  const std::string folder = EmptyFolder();
  Open({.projections_folder = folder});
  MustAnswer(RegisterAda());
  const std::string followed = Digest();
  ledger_.reset();
  std::filesystem::resize_file(std::filesystem::path(folder) / "CURRENT", 3);
  Open({.projections_folder = folder});
  EXPECT_EQ(Digest(), followed);
}

TEST_F(LedgerTest, ProjectionsOfAnotherLogAreBuiltAgain) {
  const std::string folder = EmptyFolder();
  MemoryLog other;
  {
    absl::StatusOr<std::unique_ptr<Ledger>> ledger =
        Ledger::Open({.log = &other, .clock = &clock_, .projections_folder = folder});
    ASSERT_TRUE(ledger.ok());
    ASSERT_TRUE((*ledger)->SubmitAndWait(Publish("of the other", "umbrella")).ok());
    ASSERT_TRUE((*ledger)->projections().WaitFor(1, absl::InfiniteFuture()).ok());
  }
  Open({.projections_folder = folder});
  EXPECT_EQ(ledger_->projections().position(), 0u);
  MustAnswer(Publish("of this one"));
  EXPECT_EQ(MustAnswer(Publish("of the other"))->position(), 2u);
}

TEST_F(LedgerTest, AnswersWhatIsQueuedBeforeItEnds) {
  Answers answers;
  Jam(answers);
  for (int i = 0; i < 100; ++i) ledger_->Submit(Publish(absl::StrCat(i)), answers.For(""));
  std::thread ending([&] { ledger_.reset(); });
  log_.Release();
  ending.join();
  ASSERT_EQ(answers.count(), 101u);
  for (const auto& [name, answer] : answers.Await(101)) EXPECT_TRUE(answer.ok()) << answer.status();
  EXPECT_EQ(log_.Last().position, 101u);
}

TEST_F(LedgerTest, ManyAskersReadersAndProjectionsTogether) {
  constexpr int kAskers = 4;
  constexpr int kEach = 300;
  MustAnswer(RegisterAda());
  std::atomic<bool> over = false;
  std::thread reader([&] {
    Position seen = 0;
    while (!over) {
      const Position position = DurablePosition();
      EXPECT_GE(position, seen);
      EXPECT_TRUE(ledger_->Rehearse(Publish("")).ok());
      seen = position;
    }
  });
  std::vector<std::thread> askers;
  for (int asker = 0; asker < kAskers; ++asker) {
    askers.emplace_back([&, asker] {
      for (int i = 0; i < kEach; ++i) {
        // Every request twice.
        MustAnswer(GrantAda(absl::StrCat(asker, "-", i / 2), kStart + absl::Hours(i + 1)));
        if (i % 50 == 0) clock_.Advance(absl::Minutes(1));
      }
    });
  }
  for (std::thread& asker : askers) asker.join();
  over = true;
  reader.join();
  const std::string live = Canonical();
  const std::string followed = Digest();
  EXPECT_EQ(DurablePosition(), 1u + kAskers * kEach / 2);
  Open();
  EXPECT_EQ(Canonical(), live);
  EXPECT_EQ(Digest(), followed);
}

TEST(LedgerOnDisk, IsThereAfterReopening) {
  const std::filesystem::path folder = EmptyFolder();
  ManualClock clock(kStart);
  std::map<std::string, std::string> states;
  for (const char* run : {"first", "second"}) {
    absl::StatusOr<std::unique_ptr<RocksDbLog>> log =
        RocksDbLog::Open({.folder = (folder / "log").string(), .create_if_missing = true});
    ASSERT_TRUE(log.ok()) << log.status();
    Position replayed = 0;
    absl::StatusOr<std::unique_ptr<Ledger>> ledger =
        Ledger::Open({.log = log->get(),
                      .clock = &clock,
                      .projections_folder = (folder / "projections").string(),
                      .on_replay = [&](Position done, Position) { replayed = done; }});
    ASSERT_TRUE(ledger.ok()) << ledger.status();
    EXPECT_EQ(replayed, run == std::string("first") ? 0u : 21u);
    for (int i = 0; i < 20; ++i) ASSERT_TRUE((*ledger)->SubmitAndWait(Publish(absl::StrCat(i))).ok());
    ASSERT_TRUE((*ledger)->SubmitAndWait(RegisterAda()).ok());
    (*ledger)->Read([&](const State& state, absl::Time) { states[run] = state.Canonical(); });
  }
  EXPECT_EQ(states["first"], states["second"]);
}

}  // namespace
}  // namespace bursar
