// Streaming calls through the gRPC door: watching, streams of checks and of usage, what breaks them, and how they end.
#include <filesystem>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "bursar/v1/gate.pb.h"
#include "bursar/v1/history.pb.h"
#include "bursar/v1/usage.pb.h"
#include "gmock/gmock.h"
#include "google/rpc/error_details.pb.h"
#include "gtest/gtest.h"
#include "ledger/base/clock.h"
#include "services/api/call_log.h"
#include "services/client/client.h"
#include "services/client/status.h"
#include "services/client/stream.h"
#include "services/server/server.h"
#include "tests/services/stream_world.h"

namespace bursar {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::string ReasonOfError(const absl::Status& status) {
  const auto info = ErrorInfoOf(status);
  return info.has_value() ? info->reason() : absl::StrCat("no reason: ", status.ToString());
}

// A data folder that is gone afterwards.
class Folder {
 public:
  Folder()
      : path_(std::filesystem::temp_directory_path() / absl::StrCat("bursar-stream-", absl::GetCurrentTimeNanos())) {}
  ~Folder() { std::filesystem::remove_all(path_); }
  std::string text() const { return path_.string(); }

 private:
  const std::filesystem::path path_;
};

class StreamDoor : public ::testing::Test {
 protected:
  StreamDoor() {
    SetCallLog(false);
    Start({.address = "127.0.0.1:0"});
  }

  void Start(Server::Options options) {
    server_.reset();
    options.clock = &clock_;
    auto server = Server::Start(std::move(options));
    ASSERT_TRUE(server.ok()) << server.status();
    server_ = *std::move(server);
  }

  Ledger& ledger() { return server_->ledger(); }

  std::unique_ptr<Client> ClientAs(const std::string& principal) {
    return std::make_unique<Client>(NewChannel(absl::StrCat("127.0.0.1:", server_->port())),
                                    Client::Options{.principal = principal, .attempts = 3});
  }

  template <class Request>
  static std::unique_ptr<ClientStream> Open(const Client& client) {
    return std::make_unique<ClientStream>(client, *MethodOf(*Request::descriptor()));
  }

  // A watch for which the request has been sent.
  template <class Request>
  static std::unique_ptr<ClientStream> Watch(const Client& client, const Request& request) {
    auto stream = Open<Request>(client);
    EXPECT_TRUE(stream->Write(request));
    EXPECT_TRUE(stream->WritesDone());
    return stream;
  }

  // Why a watch never began.
  template <class Request>
  absl::Status Refusal(const std::string& principal, const Request& request) {
    const auto client = ClientAs(principal);
    const auto stream = Open<Request>(*client);
    stream->Write(request);
    stream->WritesDone();
    v1::WatchEntriesResponse ignored;
    EXPECT_FALSE(stream->Read(ignored));
    return stream->Finish();
  }

  uint64_t Counted(const std::string& method, absl::StatusCode code) const {
    for (const auto& count : server_->Counts()) {
      if (count.method == method) return count.by_code[static_cast<size_t>(code)];
    }
    return 0;
  }

  ManualClock clock_{absl::FromUnixSeconds(1'790'000'000)};
  StreamWorld world_;
  std::unique_ptr<Server> server_;
};

// Reads until everything up to `end` is told; the positions of the entries.
std::vector<Position> EntriesUpTo(ClientStream& stream, Position end) {
  std::vector<Position> positions;
  v1::WatchEntriesResponse message;
  while (message.position() < end && stream.Read(message)) {
    for (const auto& entry : message.entries()) positions.push_back(entry.position());
  }
  EXPECT_EQ(message.position(), end);
  return positions;
}

// "crossed 50", "out of funds 100", "restored 25", in the order in which they came.
void Append(std::vector<std::string>& texts, const v1::WatchFundsResponse& message) {
  for (const auto& event : message.events()) {
    const auto& notice = event.notice();
    texts.push_back(absl::StrCat(notice.kind() == v1::FundsNotice::KIND_THRESHOLD_CROSSED ? "crossed "
                                 : notice.kind() == v1::FundsNotice::KIND_OUT_OF_FUNDS    ? "out of funds "
                                                                                          : "restored ",
                                 notice.percent(), " of ", notice.billing_account()));
  }
}

std::vector<std::string> FundsUpTo(ClientStream& stream, Position end) {
  std::vector<std::string> texts;
  v1::WatchFundsResponse message;
  while (message.position() < end && stream.Read(message)) Append(texts, message);
  EXPECT_EQ(message.position(), end);
  return texts;
}

TEST_F(StreamDoor, TellsWhatIsThereAndThenWhatComes) {
  world_.Publish(ledger());
  world_.Publish(ledger());
  const auto client = ClientAs("finance-fay");
  v1::WatchEntriesRequest request;
  request.set_from_position(1);
  const auto stream = Watch(*client, request);
  EXPECT_THAT(EntriesUpTo(*stream, 2), ElementsAre(1, 2));
  world_.Publish(ledger());
  EXPECT_THAT(EntriesUpTo(*stream, 3), ElementsAre(3));
}

TEST_F(StreamDoor, FromNowOnTellsFirstWhereItStands) {
  world_.Publish(ledger());
  const auto client = ClientAs("finance-fay");
  const auto stream = Watch(*client, v1::WatchEntriesRequest());
  v1::WatchEntriesResponse first;
  ASSERT_TRUE(stream->Read(first));
  EXPECT_EQ(first.position(), 1U);
  EXPECT_EQ(first.entries_size(), 0);
  world_.Publish(ledger());
  EXPECT_THAT(EntriesUpTo(*stream, 2), ElementsAre(2));
}

TEST_F(StreamDoor, TellsOnlyOfTheAccountAndTheFactsThatAreAskedFor) {
  world_.MakeAda(ledger());
  world_.Register(ledger(), "bob");
  world_.Grant(ledger(), "user-bob", 5);
  const Position used = world_.Use(ledger(), "user-ada", 30);
  const auto client = ClientAs("user-ada");
  v1::WatchEntriesRequest request;
  request.set_from_position(1);
  request.set_billing_account("user-ada");
  request.add_event_types("FundsThresholdCrossed");
  request.add_event_types("FundsThresholdCrossed");
  const auto stream = Watch(*client, request);
  v1::WatchEntriesResponse message;
  while (message.position() < used && stream->Read(message)) {
    for (const auto& entry : message.entries()) {
      EXPECT_EQ(entry.position(), used);
      ASSERT_EQ(entry.events_size(), 1);
      EXPECT_EQ(entry.events(0).type(), "FundsThresholdCrossed");
    }
  }
  EXPECT_EQ(message.position(), used);
  v1::WatchEntriesRequest wrong;
  wrong.add_event_types("HoldPlaced");
  wrong.add_event_types("HoldDropped");
  const absl::Status refused = Refusal("finance-fay", wrong);
  EXPECT_EQ(ReasonOfError(refused), "INVALID_FIELD");
  EXPECT_EQ(DetailOf<google::rpc::BadRequest>(refused)->field_violations(0).field(), "event_types[1]");
}

TEST_F(StreamDoor, StrangersAreToldNothing) {
  world_.MakeAda(ledger());
  world_.Register(ledger(), "bob");
  v1::WatchEntriesRequest entries;
  entries.set_billing_account("user-ada");
  v1::WatchFundsRequest funds;
  funds.add_billing_accounts("user-bob");
  funds.add_billing_accounts("user-ada");
  for (const char* stranger : {"user-bob", "user-nobody", ""}) {
    EXPECT_EQ(ReasonOfError(Refusal(stranger, entries)), "PERMISSION_DENIED") << stranger;
    EXPECT_EQ(ReasonOfError(Refusal(stranger, funds)), "PERMISSION_DENIED") << stranger;
    EXPECT_EQ(ReasonOfError(Refusal(stranger, v1::WatchEntriesRequest())), "PERMISSION_DENIED") << stranger;
    EXPECT_EQ(ReasonOfError(Refusal(stranger, v1::WatchFundsRequest())), "PERMISSION_DENIED") << stranger;
  }
  entries.set_billing_account("user-nobody");
  EXPECT_EQ(ReasonOfError(Refusal("finance-fay", entries)), "BILLING_ACCOUNT_NOT_FOUND");
  funds.add_billing_accounts("user-nobody");
  EXPECT_EQ(ReasonOfError(Refusal("finance-fay", funds)), "BILLING_ACCOUNT_NOT_FOUND");
}

TEST_F(StreamDoor, EndsForWhoMayNoLongerSee) {
  world_.MakeAda(ledger());
  world_.Register(ledger(), "bob");
  const UserId ada = UserId::OfHandle("ada");
  const UserId bob = UserId::OfHandle("bob");
  const OrganizationId lab = OrganizationId::OfHandle("lab");
  world_.Submit(ledger(), "user-ada",
                CreateOrganization{.handle = "lab", .name = "Lab", .admin = ada, .currency = "USD"});
  world_.Submit(ledger(), "user-ada",
                InviteMember{.organization = lab, .user = bob, .access = {.allow_billable_activities = true}});
  world_.Submit(ledger(), "user-bob", AcceptInvitation{.organization = lab, .user = bob});
  const auto client = ClientAs("user-bob");
  v1::WatchEntriesRequest request;
  request.set_billing_account("org-lab");
  const auto stream = Watch(*client, request);
  v1::WatchEntriesResponse message;
  ASSERT_TRUE(stream->Read(message));
  world_.Grant(ledger(), "org-lab", 1);
  ASSERT_TRUE(stream->Read(message));
  EXPECT_EQ(message.entries_size(), 1);
  world_.Submit(ledger(), "user-ada", SetMemberAccess{.organization = lab, .user = bob, .access = {}});
  world_.Grant(ledger(), "org-lab", 1);
  while (stream->Read(message)) EXPECT_THAT(message.entries(), IsEmpty());
  EXPECT_EQ(ReasonOfError(stream->Finish()), "PERMISSION_DENIED");
}

TEST_F(StreamDoor, F2_TellsOfEachThresholdOfRunningOutAndOfFundsRestored) {
  world_.MakeAda(ledger());
  world_.Register(ledger(), "bob");
  world_.Grant(ledger(), "user-bob", 10);
  world_.Use(ledger(), "user-ada", 30);
  const auto client = ClientAs("user-ada");
  v1::WatchFundsRequest request;
  request.add_billing_accounts("user-ada");
  const auto stream = Watch(*client, request);
  v1::WatchFundsResponse first;
  ASSERT_TRUE(stream->Read(first));
  EXPECT_EQ(first.events_size(), 0);
  ASSERT_EQ(first.states_size(), 1);
  EXPECT_EQ(first.states(0).billing_account(), "user-ada");
  EXPECT_EQ(first.states(0).percent(), 25);
  EXPECT_EQ(first.states(0).funds_micros(), 70 * kUnit);
  EXPECT_EQ(first.states(0).base_micros(), 100 * kUnit);
  EXPECT_EQ(first.states(0).currency(), "USD");

  const Position crossed = world_.Use(ledger(), "user-ada", 20);
  v1::WatchFundsResponse told;
  ASSERT_TRUE(stream->Read(told));
  EXPECT_EQ(told.states_size(), 0);
  ASSERT_EQ(told.events_size(), 1);
  const v1::FundsNotice& notice = told.events(0).notice();
  EXPECT_EQ(notice.kind(), v1::FundsNotice::KIND_THRESHOLD_CROSSED);
  EXPECT_EQ(notice.percent(), 50);
  EXPECT_EQ(notice.funds_micros(), 50 * kUnit);
  EXPECT_EQ(notice.base_micros(), 100 * kUnit);
  EXPECT_EQ(notice.currency(), "USD");
  EXPECT_EQ(notice.position(), crossed);
  EXPECT_EQ(notice.event_time().seconds(), 1'790'000'000);

  world_.Use(ledger(), "user-bob", 10);
  world_.Use(ledger(), "user-ada", 60);
  const Position restored = world_.Grant(ledger(), "user-ada", 1'000);
  EXPECT_THAT(FundsUpTo(*stream, restored), ElementsAre("crossed 80 of user-ada", "crossed 90 of user-ada",
                                                        "out of funds 100 of user-ada", "restored 0 of user-ada"));

  // Staff may watch everybody, and anybody goes on from a position.
  const auto staff = ClientAs("service-portal");
  v1::WatchFundsRequest all;
  all.set_from_position(crossed + 1);
  EXPECT_THAT(FundsUpTo(*Watch(*staff, all), restored),
              ElementsAre("crossed 25 of user-bob", "crossed 50 of user-bob", "crossed 80 of user-bob",
                          "crossed 90 of user-bob", "out of funds 100 of user-bob", "crossed 80 of user-ada",
                          "crossed 90 of user-ada", "out of funds 100 of user-ada", "restored 0 of user-ada"));
}

TEST_F(StreamDoor, GoesOnAcrossARestartWithNothingMissingAndNothingTwice) {
  const Folder folder;
  Start({.data_folder = folder.text(), .create_if_missing = true, .address = "127.0.0.1:0"});
  const std::string address = absl::StrCat("127.0.0.1:", server_->port());
  const auto client = ClientAs("finance-fay");
  v1::WatchEntriesRequest request;
  request.set_from_position(1);
  int lost = 0;
  ClientWatch watch(*client, *MethodOf(*request.GetDescriptor()), request, [&](const absl::Status&) { ++lost; });
  std::vector<Position> positions;
  const auto read_up_to = [&](Position end) {
    v1::WatchEntriesResponse message;
    while (message.position() < end && watch.Next(message)) {
      for (const auto& entry : message.entries()) positions.push_back(entry.position());
    }
  };
  std::vector<Position> expected;
  for (int round = 0; round < 3; ++round) {
    for (int i = 0; i < 10; ++i) expected.push_back(world_.Publish(ledger()));
    read_up_to(expected.back());
    // These are written while nobody is told.
    server_->Drain(absl::Seconds(10));
    for (int i = 0; i < 10; ++i) expected.push_back(world_.Publish(ledger()));
    Start({.data_folder = folder.text(), .address = address});
  }
  expected.push_back(world_.Publish(ledger()));
  read_up_to(expected.back());
  EXPECT_EQ(positions, expected);
  EXPECT_EQ(lost, 3);
  watch.Cancel();
  v1::WatchEntriesResponse none;
  EXPECT_FALSE(watch.Next(none));
  EXPECT_TRUE(watch.status().ok()) << watch.status();
}

TEST_F(StreamDoor, ASlowReaderMissesNothing) {
  constexpr int kEntries = 4'000;
  const auto client = ClientAs("finance-fay");
  v1::WatchEntriesRequest request;
  request.set_from_position(1);
  const auto stream = Watch(*client, request);
  std::vector<Position> expected;
  for (int i = 0; i < kEntries; ++i) expected.push_back(static_cast<Position>(i) + 1);
  for (int i = 0; i < kEntries; ++i) {
    ledger().Submit(
        {.principal = *Principal::Parse("operator-olga"),
         .request_id = absl::StrCat("slow-", i),
         .fingerprint = std::string(16, 's'),
         .command = PublishPartner{.partner_id = absl::StrCat("s", i), .display_name = std::string(500, 'x')}},
        [](const absl::StatusOr<Answer>&) {});
  }
  ASSERT_TRUE(ledger().WaitFor(kEntries, absl::InfiniteFuture()).ok());
  EXPECT_EQ(EntriesUpTo(*stream, kEntries), expected);
}

TEST_F(StreamDoor, ACancelledWatchIsOver) {
  const auto client = ClientAs("finance-fay");
  const auto stream = Watch(*client, v1::WatchFundsRequest());
  v1::WatchFundsResponse message;
  ASSERT_TRUE(stream->Read(message));
  stream->Cancel();
  EXPECT_FALSE(stream->Read(message));
  EXPECT_TRUE(absl::IsCancelled(stream->Finish()));
  while (Counted("bursar.v1.GateService.WatchFunds", absl::StatusCode::kCancelled) == 0) std::this_thread::yield();
}

v1::UsageRecord RecordOf(const std::string& id, int64_t quantity) {
  v1::UsageRecord record;
  record.set_record_id(id);
  record.set_user_id("user-ada");
  record.mutable_usage()->set_sku("compute");
  record.mutable_usage()->set_quantity(quantity);
  return record;
}

TEST_F(StreamDoor, M1_ARecordCountsOnceWhicheverWayItComes) {
  world_.MakeAda(ledger());
  const auto client = ClientAs("service-portal");
  v1::RecordUsageRequest unary;
  *unary.add_records() = RecordOf("r1", 3);
  const auto first = client->Call<v1::RecordUsageResponse>(unary);
  ASSERT_TRUE(first.ok()) << first.status();

  const auto stream = Open<v1::StreamUsageRequest>(*client);
  v1::StreamUsageRequest request;
  request.set_sequence(7);
  *request.add_records() = RecordOf("r1", 3);
  *request.add_records() = RecordOf("r2", 4);
  *request.add_records() = RecordOf("r1", 5);
  ASSERT_TRUE(stream->Write(request));
  request.set_sequence(8);
  ASSERT_TRUE(stream->Write(request));
  ASSERT_TRUE(stream->WritesDone());
  v1::StreamUsageResponse answer;
  for (const uint64_t sequence : {7, 8}) {
    ASSERT_TRUE(stream->Read(answer));
    EXPECT_EQ(answer.sequence(), sequence);
    ASSERT_EQ(answer.results_size(), 3);
    EXPECT_EQ(answer.results(0).charge().charge_id(), first->results(0).charge().charge_id());
    EXPECT_EQ(answer.results(1).charge().amount_micros(), 4 * kUnit);
    EXPECT_EQ(answer.position(), first->position() + 1);
    ASSERT_TRUE(answer.results(2).has_error());
    EXPECT_EQ(answer.results(2).error().code(), static_cast<int>(absl::StatusCode::kAlreadyExists));
  }
  EXPECT_FALSE(stream->Read(answer));
  EXPECT_TRUE(stream->Finish().ok());
  EXPECT_EQ(ledger().log().Last().position, first->position() + 1);
}

TEST_F(StreamDoor, AMalformedMessageEndsAStreamAfterTheAnswersBeforeIt) {
  world_.MakeAda(ledger());
  const auto client = ClientAs("service-portal");
  const auto stream = Open<v1::StreamUsageRequest>(*client);
  v1::StreamUsageRequest request;
  *request.add_records() = RecordOf("r1", 1);
  ASSERT_TRUE(stream->Write(request));
  v1::StreamUsageRequest malformed;
  *malformed.add_records() = RecordOf("r2", 1);
  *malformed.add_records() = RecordOf("", 1);
  stream->Write(malformed);
  request.mutable_records(0)->set_record_id("r3");
  stream->Write(request);
  v1::StreamUsageResponse answer;
  ASSERT_TRUE(stream->Read(answer));
  EXPECT_TRUE(answer.results(0).has_charge());
  EXPECT_FALSE(stream->Read(answer));
  const absl::Status status = stream->Finish();
  EXPECT_EQ(ReasonOfError(status), "INVALID_FIELD");
  EXPECT_EQ(DetailOf<google::rpc::BadRequest>(status)->field_violations(0).field(), "records[1].record_id");
  EXPECT_EQ(ledger().log().Last().position, answer.position()) << "nothing of it or after it is charged";
}

TEST_F(StreamDoor, AnswersManyChecksInTheirOrder) {
  constexpr int kMessages = 200;
  world_.MakeAda(ledger());
  world_.Submit(ledger(), "operator-olga",
                PublishActionCatalogue{.actions = {{.name = "analysis.run", .gated = true, .category = "compute"}}});
  const auto client = ClientAs("user-ada");
  const auto stream = Open<v1::StreamChecksRequest>(*client);
  for (int i = 1; i <= kMessages; ++i) {
    v1::StreamChecksRequest request;
    request.set_sequence(static_cast<uint64_t>(i));
    request.add_gated_actions()->set_action("analysis.run");
    request.add_gated_actions()->set_action("unknown");
    ASSERT_TRUE(stream->Write(request));
  }
  ASSERT_TRUE(stream->WritesDone());
  v1::StreamChecksResponse answer;
  for (int i = 1; i <= kMessages; ++i) {
    ASSERT_TRUE(stream->Read(answer));
    EXPECT_EQ(answer.sequence(), static_cast<uint64_t>(i));
    ASSERT_EQ(answer.results_size(), 2);
    // Her billing is not set up, so that this is a denial, which is written.
    EXPECT_FALSE(answer.results(0).decision().allowed());
    EXPECT_EQ(answer.results(0).decision().reason(), v1::ERROR_REASON_BILLING_NOT_SET_UP);
    EXPECT_TRUE(answer.results(1).has_error());
  }
  EXPECT_FALSE(stream->Read(answer));
  EXPECT_TRUE(stream->Finish().ok());
}

TEST_F(StreamDoor, RefusesMessagesOverFourMebibytes) {
  const auto client = ClientAs("service-portal");
  const auto stream = Open<v1::StreamUsageRequest>(*client);
  v1::StreamUsageRequest request;
  request.add_records()->set_record_id(std::string(4 * 1024 * 1024, 'a'));
  stream->Write(request);
  v1::StreamUsageResponse answer;
  EXPECT_FALSE(stream->Read(answer));
  EXPECT_TRUE(absl::IsResourceExhausted(stream->Finish()));
}

TEST_F(StreamDoor, ADrainEndsOpenStreamsAtOnceAndSaysWhy) {
  const auto staff = ClientAs("service-portal");
  const auto watch = Watch(*staff, v1::WatchFundsRequest());
  v1::WatchFundsResponse told;
  ASSERT_TRUE(watch->Read(told));
  const auto usage = Open<v1::StreamUsageRequest>(*staff);
  world_.MakeAda(ledger());
  v1::StreamUsageRequest request;
  *request.add_records() = RecordOf("r1", 1);
  ASSERT_TRUE(usage->Write(request));
  v1::StreamUsageResponse answer;
  ASSERT_TRUE(usage->Read(answer));

  const absl::Time start = absl::Now();
  std::thread drain([this] { server_->Drain(absl::Minutes(5)); });
  while (watch->Read(told)) {
  }
  EXPECT_FALSE(usage->Read(answer));
  for (const absl::Status& status : {watch->Finish(), usage->Finish()}) {
    EXPECT_TRUE(absl::IsUnavailable(status)) << status;
    EXPECT_EQ(ReasonOfError(status), "UNAVAILABLE");
    EXPECT_TRUE(RetryDelay(status).has_value());
  }
  drain.join();
  EXPECT_LT(absl::Now() - start, absl::Seconds(60)) << "it waited for streams that have no end";
}

TEST_F(StreamDoor, ADrainDoesNotWaitForAReaderThatIsStuck) {
  const auto client = ClientAs("finance-fay");
  v1::WatchEntriesRequest request;
  request.set_from_position(1);
  const auto stream = Watch(*client, request);
  // More than gRPC and the door take in for a client that reads nothing.
  for (int i = 0; i < 500; ++i) {
    ledger().Submit(
        {.principal = *Principal::Parse("operator-olga"),
         .request_id = absl::StrCat("stuck-", i),
         .fingerprint = std::string(16, 's'),
         .command = PublishPartner{.partner_id = absl::StrCat("s", i), .display_name = std::string(100'000, 'x')}},
        [](const absl::StatusOr<Answer>&) {});
  }
  ASSERT_TRUE(ledger().WaitFor(500, absl::InfiniteFuture()).ok());
  const absl::Time start = absl::Now();
  server_->Drain(absl::Minutes(5));
  EXPECT_LT(absl::Now() - start, absl::Seconds(60));
  v1::WatchEntriesResponse message;
  while (stream->Read(message)) EXPECT_LT(message.position(), 500U) << "it was not stuck";
  EXPECT_TRUE(absl::IsCancelled(stream->Finish()));
}

}  // namespace
}  // namespace bursar
