// Streaming calls as Calls serves them, with a client that is slow when a test says so.
#include "services/api/stream.h"

#include <condition_variable>
#include <cstdlib>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "bursar/v1/gate.pb.h"
#include "bursar/v1/history.pb.h"
#include "bursar/v1/usage.pb.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "ledger/base/clock.h"
#include "ledger/domain/refusals.h"
#include "ledger/log/memory_log.h"
#include "services/api/call_log.h"
#include "services/api/calls.h"
#include "tests/log/failing_log.h"
#include "tests/services/stream_world.h"

namespace bursar {
namespace {

using google::protobuf::MethodDescriptor;
using ::testing::ElementsAre;

const MethodDescriptor& MethodNamed(const std::string& name) {
  for (const auto* service : Calls::Services()) {
    if (const auto* method = service->FindMethodByName(name)) return *method;
  }
  std::abort();
}

// A client that takes in what it is sent when the test says so.
class FakeOut : public StreamOut {
 public:
  void Want() override {
    const std::lock_guard<std::mutex> lock(mutex_);
    ++wanted_;
    changed_.notify_all();
  }
  void Send(std::string message) override {
    const std::lock_guard<std::mutex> lock(mutex_);
    bytes_ += message.size();
    sent_.push_back(std::move(message));
    changed_.notify_all();
  }
  void End(const absl::Status& status) override {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (!end_.has_value()) end_ = status;
    changed_.notify_all();
  }
  void Cut() override {
    const std::lock_guard<std::mutex> lock(mutex_);
    cut_ = true;
  }

  absl::Status AwaitEnd() {
    std::unique_lock<std::mutex> lock(mutex_);
    changed_.wait(lock, [&] { return end_.has_value(); });
    return *end_;
  }
  // The messages from `first` on, once there is one of them.
  std::vector<std::string> AwaitMessages(size_t first) {
    std::unique_lock<std::mutex> lock(mutex_);
    changed_.wait(lock, [&] { return sent_.size() > first; });
    return {sent_.begin() + static_cast<std::ptrdiff_t>(first), sent_.end()};
  }
  size_t bytes() {
    const std::lock_guard<std::mutex> lock(mutex_);
    return bytes_;
  }
  size_t count() {
    const std::lock_guard<std::mutex> lock(mutex_);
    return sent_.size();
  }
  int wanted() {
    const std::lock_guard<std::mutex> lock(mutex_);
    return wanted_;
  }
  bool cut() {
    const std::lock_guard<std::mutex> lock(mutex_);
    return cut_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::string> sent_;
  size_t bytes_ = 0;
  int wanted_ = 0;
  bool cut_ = false;
  std::optional<absl::Status> end_;
};

class Streaming : public ::testing::Test {
 protected:
  Streaming() {
    SetCallLog(false);
    auto ledger =
        Ledger::Open({.log = &log_, .clock = &clock_, .on_failure = [](const absl::Status&) { std::abort(); }});
    EXPECT_TRUE(ledger.ok()) << ledger.status();
    ledger_ = *std::move(ledger);
  }

  void MakeCalls(const Calls::Options& options = {}) { calls_ = std::make_unique<Calls>(*ledger_, links_, options); }

  std::shared_ptr<Stream> Open(const std::string& method, const std::string& principal,
                               const std::shared_ptr<FakeOut>& out, absl::Time deadline = absl::InfiniteFuture()) {
    return calls_->Open(
        {.principal = *Principal::Parse(principal), .method = &MethodNamed(method), .deadline = deadline}, out);
  }

  uint64_t Counted(const std::string& method, absl::StatusCode code) const {
    for (const auto& count : calls_->Counts()) {
      if (count.method == MethodNamed(method).full_name()) return count.by_code[static_cast<size_t>(code)];
    }
    return 0;
  }

  MemoryLog memory_;
  FailingLog log_{memory_};
  ManualClock clock_{absl::FromUnixSeconds(1'790'000'000)};
  const LinkKey links_ = LinkKey::Fresh();
  StreamWorld world_;
  std::unique_ptr<Ledger> ledger_;
  std::unique_ptr<Calls> calls_;
};

// Commands with much to say, without waiting for each.
void FillLog(Ledger& ledger, int entries) {
  for (int i = 0; i < entries; ++i) {
    const bool last = i + 1 == entries;
    Submission submission{
        .principal = *Principal::Parse("operator-olga"),
        .request_id = absl::StrCat("fill-", i),
        .fingerprint = std::string(16, 'f'),
        .command = PublishPartner{.partner_id = absl::StrCat("p", i), .display_name = std::string(150, 'x')}};
    if (last || i % 1'000 == 999) {
      ASSERT_TRUE(ledger.SubmitAndWait(std::move(submission)).ok());
    } else {
      ledger.Submit(std::move(submission), [](const absl::StatusOr<Answer>&) {});
    }
  }
}

// Takes in all messages from number `first` on as they come, until one says that everything up to `end` is told; the
// positions of their entries. `first` is then the number of the next one.
std::vector<Position> ReadUpTo(Stream& stream, FakeOut& out, size_t& first, Position end) {
  std::vector<Position> positions;
  Position told = 0;
  while (told < end) {
    for (const std::string& bytes : out.AwaitMessages(first)) {
      v1::WatchEntriesResponse message;
      EXPECT_TRUE(message.ParseFromString(bytes));
      for (const auto& entry : message.entries()) positions.push_back(entry.position());
      told = message.position();
      ++first;
      stream.Sent();
    }
  }
  return positions;
}

std::vector<Position> UpTo(Position end) {
  std::vector<Position> positions;
  for (Position position = 1; position <= end; ++position) positions.push_back(position);
  return positions;
}

TEST_F(Streaming, AWatcherThatDoesNotReadCostsABoundedAmount) {
  constexpr int kEntries = 6'000;
  MakeCalls();
  const auto out = std::make_shared<FakeOut>();
  const auto stream = Open("WatchEntries", "finance-fay", out);
  v1::WatchEntriesRequest request;
  request.set_from_position(1);
  stream->Receive(request.SerializeAsString());
  FillLog(*ledger_, kEntries);
  size_t read = 0;
  size_t read_quickly = 0;
  // Another one that does read is told everything meanwhile.
  const auto quick_out = std::make_shared<FakeOut>();
  const auto quick = Open("WatchEntries", "finance-fay", quick_out);
  quick->Receive(request.SerializeAsString());
  EXPECT_EQ(ReadUpTo(*quick, *quick_out, read_quickly, kEntries), UpTo(kEntries));
  EXPECT_GT(quick_out->bytes(), 1'000'000U) << "too little to show anything";

  EXPECT_LT(out->bytes(), 512U * 1024);
  EXPECT_LE(out->count(), 65U);
  // and goes on by position when it reads.
  EXPECT_EQ(ReadUpTo(*stream, *out, read, kEntries), UpTo(kEntries));
  stream->Closed();
  quick->Closed();
}

TEST_F(Streaming, WhoFallsBehindWhatIsKeptInMemoryReadsTheLog) {
  MakeCalls({.feed = {.recent_entries = 10}});
  const auto out = std::make_shared<FakeOut>();
  const auto stream = Open("WatchEntries", "finance-fay", out);
  v1::WatchEntriesRequest request;
  request.set_from_position(1);
  stream->Receive(request.SerializeAsString());
  FillLog(*ledger_, 3'000);
  size_t read = 0;
  EXPECT_EQ(ReadUpTo(*stream, *out, read, 3'000), UpTo(3'000));
  stream->Closed();
}

TEST_F(Streaming, ToldNothingAWatcherIsToldHowFarItIs) {
  MakeCalls({.watching = {.most_untold = 1'000, .progress_interval = absl::Hours(1)}});
  const auto out = std::make_shared<FakeOut>();
  world_.Register(*ledger_, "ada");
  FillLog(*ledger_, 2'500);
  const auto stream = Open("WatchEntries", "finance-fay", out);
  v1::WatchEntriesRequest request;
  request.set_from_position(2);
  request.set_billing_account("user-ada");
  stream->Receive(request.SerializeAsString());
  std::vector<Position> told;
  while (told.empty() || told.back() < 2'501) {
    for (const std::string& bytes : out->AwaitMessages(told.size())) {
      v1::WatchEntriesResponse message;
      ASSERT_TRUE(message.ParseFromString(bytes));
      EXPECT_EQ(message.entries_size(), 0);
      told.push_back(message.position());
      stream->Sent();
    }
  }
  EXPECT_THAT(told, ElementsAre(1, 1'001, 2'001, 2'501));
  stream->Closed();
}

TEST_F(Streaming, TimePassesAndAWatcherIsToldHowFarItIs) {
  MakeCalls({.feed = {.tick = absl::Milliseconds(1)}, .watching = {.progress_interval = absl::Milliseconds(1)}});
  world_.Register(*ledger_, "ada");
  const auto out = std::make_shared<FakeOut>();
  const auto stream = Open("WatchEntries", "finance-fay", out);
  v1::WatchEntriesRequest request;
  request.set_billing_account("user-ada");
  stream->Receive(request.SerializeAsString());
  size_t read = 0;
  EXPECT_EQ(ReadUpTo(*stream, *out, read, 1), std::vector<Position>());
  world_.Publish(*ledger_);
  EXPECT_EQ(ReadUpTo(*stream, *out, read, 2), std::vector<Position>());
  world_.Publish(*ledger_);
  EXPECT_EQ(ReadUpTo(*stream, *out, read, 3), std::vector<Position>());
  stream->Closed();
}

std::string CheckOf(uint64_t sequence) {
  v1::StreamChecksRequest request;
  request.set_sequence(sequence);
  auto& action = *request.add_gated_actions();
  action.set_action("analysis.run");
  action.set_user_id("user-ada");
  return request.SerializeAsString();
}

TEST_F(Streaming, AClientThatDoesNotReadItsAnswersIsNotReadEither) {
  MakeCalls();
  const auto out = std::make_shared<FakeOut>();
  const auto stream = Open("StreamChecks", "service-portal", out);
  int received = 0;
  // Each message is wanted when the one before has begun to be answered.
  for (; received < 256; ++received) {
    while (out->wanted() <= received) std::this_thread::yield();
    stream->Receive(CheckOf(static_cast<uint64_t>(received) + 1));
  }
  while (out->count() < 256) std::this_thread::yield();
  EXPECT_EQ(out->wanted(), 256) << "one more was asked for with 256 answers unread";
  stream->Sent();
  while (out->wanted() < 257) std::this_thread::yield();
  uint64_t sequence = 0;
  for (const std::string& bytes : out->AwaitMessages(0)) {
    v1::StreamChecksResponse response;
    ASSERT_TRUE(response.ParseFromString(bytes));
    EXPECT_EQ(response.sequence(), ++sequence);
  }
  stream->Closed();
}

TEST_F(Streaming, IsCountedWhenItEndsAndByHow) {
  MakeCalls();
  const auto gone = std::make_shared<FakeOut>();
  Open("WatchFunds", "finance-fay", gone)->Closed();
  EXPECT_EQ(Counted("WatchFunds", absl::StatusCode::kCancelled), 1U);
  const auto late = std::make_shared<FakeOut>();
  Open("WatchFunds", "finance-fay", late, absl::InfinitePast())->Closed();
  EXPECT_EQ(Counted("WatchFunds", absl::StatusCode::kDeadlineExceeded), 1U);
  const auto empty = std::make_shared<FakeOut>();
  const auto stream = Open("StreamUsage", "service-portal", empty);
  stream->HalfClosed();
  EXPECT_TRUE(empty->AwaitEnd().ok());
  EXPECT_EQ(Counted("StreamUsage", absl::StatusCode::kOk), 1U);
  stream->Closed();
  EXPECT_EQ(Counted("StreamUsage", absl::StatusCode::kCancelled), 0U);
}

TEST_F(Streaming, NoMoreThanSoManyAreOpen) {
  MakeCalls({.most_streams = 1});
  const auto first_out = std::make_shared<FakeOut>();
  auto first = Open("WatchFunds", "finance-fay", first_out);
  const auto second_out = std::make_shared<FakeOut>();
  EXPECT_EQ(Open("WatchFunds", "finance-fay", second_out), nullptr);
  EXPECT_EQ(ReasonOf(second_out->AwaitEnd()), "OVERLOADED");
  first->Closed();
  first.reset();
  const auto third = Open("WatchFunds", "finance-fay", second_out);
  ASSERT_NE(third, nullptr);
  third->Closed();
}

TEST_F(Streaming, EndsOpenOnesAndCutsThoseThatDoNotListen) {
  MakeCalls();
  const auto out = std::make_shared<FakeOut>();
  const auto stream = Open("WatchFunds", "finance-fay", out);
  stream->Receive("");
  calls_->EndStreams();
  EXPECT_EQ(ReasonOf(out->AwaitEnd()), "UNAVAILABLE");
  EXPECT_TRUE(out->cut()) << "its end was never taken in";
  const auto later = std::make_shared<FakeOut>();
  EXPECT_EQ(Open("WatchFunds", "finance-fay", later), nullptr);
  EXPECT_EQ(ReasonOf(later->AwaitEnd()), "UNAVAILABLE");
  stream->Closed();
}

TEST_F(Streaming, AnAnswerMayComeWhenNobodyWantsItAnyLonger) {
  MakeCalls();
  world_.MakeAda(*ledger_);
  const auto out = std::make_shared<FakeOut>();
  auto stream = Open("StreamUsage", "service-portal", out);
  v1::StreamUsageRequest request;
  auto& record = *request.add_records();
  record.set_record_id("r1");
  record.set_user_id("user-ada");
  record.mutable_usage()->set_sku("compute");
  record.mutable_usage()->set_quantity(1);
  log_.Hold();
  const int before = log_.appends();
  stream->Receive(request.SerializeAsString());
  log_.AwaitAppends(before + 1);
  stream->Closed();
  stream.reset();
  calls_.reset();
  log_.Release();
  ledger_.reset();
  EXPECT_EQ(memory_.Last().position, 4U) << "the usage is charged all the same";
  EXPECT_EQ(out->count(), 1U) << "sent to the door, which drops it";
}

TEST_F(Streaming, WantsARequestBeforeItsEnd) {
  MakeCalls();
  const auto out = std::make_shared<FakeOut>();
  const auto stream = Open("WatchFunds", "finance-fay", out);
  stream->HalfClosed();
  EXPECT_EQ(ReasonOf(out->AwaitEnd()), "INVALID_FIELD");
  stream->Closed();
}

TEST_F(Streaming, AsksNobodyForAnythingWithoutPermission) {
  MakeCalls();
  const auto out = std::make_shared<FakeOut>();
  EXPECT_EQ(Open("StreamUsage", "user-ada", out), nullptr);
  EXPECT_EQ(ReasonOf(out->AwaitEnd()), "PERMISSION_DENIED");
  EXPECT_EQ(out->wanted(), 0);
}

}  // namespace
}  // namespace bursar
