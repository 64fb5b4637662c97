#include "services/client/retry.h"

#include "absl/strings/cord.h"
#include "google/rpc/error_details.pb.h"
#include "gtest/gtest.h"
#include "services/client/status.h"

namespace bursar {
namespace {

const absl::Time kNow = absl::FromUnixSeconds(1'769'860'800);

absl::Status AskedToWait(absl::Status status, absl::Duration pause) {
  google::rpc::RetryInfo info;
  info.mutable_retry_delay()->set_seconds(absl::ToInt64Seconds(pause));
  status.SetPayload("type.googleapis.com/google.rpc.RetryInfo", absl::Cord(info.SerializeAsString()));
  return status;
}

TEST(Retry, OnlyWhatIsUnavailableOrAskedToComeBack) {
  Retry retry(0, absl::InfiniteFuture());
  EXPECT_FALSE(retry.After(absl::OkStatus(), kNow).has_value());
  EXPECT_FALSE(retry.After(absl::FailedPreconditionError(""), kNow).has_value());
  EXPECT_FALSE(retry.After(absl::ResourceExhaustedError(""), kNow).has_value());
  EXPECT_TRUE(retry.After(absl::UnavailableError(""), kNow).has_value());
  EXPECT_TRUE(retry.After(AskedToWait(absl::ResourceExhaustedError(""), absl::Seconds(1)), kNow).has_value());
}

TEST(Retry, PausesGrowToTwoSeconds) {
  Retry retry(0, absl::InfiniteFuture());
  absl::Duration longest = absl::ZeroDuration();
  for (int i = 0; i < 100; ++i) {
    const auto pause = retry.After(absl::UnavailableError(""), kNow);
    ASSERT_TRUE(pause.has_value());
    EXPECT_GE(*pause, absl::Milliseconds(25));
    EXPECT_LE(*pause, absl::Seconds(2));
    longest = std::max(longest, *pause);
  }
  EXPECT_GE(longest, absl::Seconds(1));
}

TEST(Retry, WaitsAsLongAsItIsAskedTo) {
  Retry retry(0, absl::InfiniteFuture());
  EXPECT_GE(*retry.After(AskedToWait(absl::UnavailableError(""), absl::Seconds(7)), kNow), absl::Seconds(7));
}

TEST(Retry, EndsAtTheDeadlineAndAfterItsAttempts) {
  Retry late(0, kNow + absl::Milliseconds(10));
  EXPECT_FALSE(late.After(absl::UnavailableError(""), kNow).has_value());
  Retry twice(2, absl::InfiniteFuture());
  EXPECT_TRUE(twice.After(absl::UnavailableError(""), kNow).has_value());
  EXPECT_FALSE(twice.After(absl::UnavailableError(""), kNow).has_value());
}

}  // namespace
}  // namespace bursar
