// A ledger whose work is done turn by turn, by one thread.
#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "ledger/engine/ledger.h"
#include "ledger/log/memory_log.h"

namespace bursar {
namespace {

using Worker = Ledger::Worker;

Submission Publish(std::string request_id) {
  return {.principal = {.role = Role::kOperator, .name = "olga"},
          .request_id = std::move(request_id),
          .fingerprint = std::string(16, '.'),
          .command = PublishPartner{.partner_id = "acme", .display_name = "Acme"}};
}

class SteppedLedger : public testing::Test {
 protected:
  SteppedLedger() { Open(); }

  void Open() {
    ledger_.reset();
    absl::StatusOr<std::unique_ptr<Ledger>> ledger = Ledger::Open({.log = &log_, .clock = &clock_, .stepped = true});
    ASSERT_TRUE(ledger.ok()) << ledger.status();
    ledger_ = *std::move(ledger);
  }

  Done Keep() {
    return [this](absl::StatusOr<Answer> answer) { answer_ = std::move(answer); };
  }

  ManualClock clock_{absl::FromUnixSeconds(1'800'000'000)};
  MemoryLog log_;
  std::unique_ptr<Ledger> ledger_;
  std::optional<absl::StatusOr<Answer>> answer_;
};

TEST_F(SteppedLedger, DoesNothingUntilItIsStepped) {
  ledger_->Submit(Publish("one"), Keep());
  EXPECT_EQ(log_.Last().position, 0u);
  EXPECT_FALSE(ledger_->Step(Worker::kCommitter));
  EXPECT_TRUE(ledger_->Step(Worker::kWriter));
  EXPECT_FALSE(ledger_->Step(Worker::kWriter));
  EXPECT_EQ(log_.Last().position, 0u);
  EXPECT_TRUE(ledger_->Step(Worker::kCommitter));
  EXPECT_EQ(log_.Last().position, 1u);
  ASSERT_TRUE(answer_.has_value() && answer_->ok());
  EXPECT_EQ((**answer_)->position(), 1u);
}

TEST_F(SteppedLedger, WaitsByTakingTheSteps) {
  const absl::StatusOr<Answer> answer = ledger_->SubmitAndWait(Publish("one"));
  ASSERT_TRUE(answer.ok()) << answer.status();
  EXPECT_EQ(ledger_->projections().position(), 0u);
  EXPECT_TRUE(ledger_->WaitForProjections(1, absl::InfiniteFuture()).ok());
  EXPECT_EQ(ledger_->projections().position(), 1u);
  EXPECT_FALSE(ledger_->Step(Worker::kProjector));
}

TEST_F(SteppedLedger, EndsAsAProcessThatIsKilled) {
  ledger_->Submit(Publish("one"), Keep());
  ledger_->Step(Worker::kWriter);
  ledger_.reset();
  EXPECT_EQ(log_.Last().position, 0u);
  ASSERT_TRUE(answer_.has_value());
  EXPECT_TRUE(absl::IsUnavailable(answer_->status()));
}

TEST_F(SteppedLedger, DoesNotWaitForWhatNobodyWillDo) {
  EXPECT_TRUE(absl::IsDeadlineExceeded(ledger_->WaitFor(1, absl::InfiniteFuture())));
}

}  // namespace
}  // namespace bursar
