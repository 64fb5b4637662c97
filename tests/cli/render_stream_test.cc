#include "services/cli/render_stream.h"

#include "bursar/v1/gate.pb.h"
#include "bursar/v1/history.pb.h"
#include "bursar/v1/usage.pb.h"
#include "google/protobuf/text_format.h"
#include "gtest/gtest.h"

namespace bursar::cli {
namespace {

template <class Message>
Message Read(const std::string& text) {
  Message message;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &message));
  return message;
}

TEST(RenderStreamed, WritesALineForEachFact) {
  const auto message = Read<v1::WatchEntriesResponse>(R"(
      position: 9
      entries { position: 7 commit_time { seconds: 1790000000 } principal: "service-portal"
                events { type: "HoldPlaced" attributes { name: "hold" value: "hold-7" } }
                events { type: "FundsThresholdCrossed" attributes { name: "percent" value: "25" } } })");
  EXPECT_EQ(RenderStreamedForPeople(message),
            "7  2026-09-21T14:13:20Z  service-portal  HoldPlaced hold=hold-7\n"
            "7  2026-09-21T14:13:20Z  service-portal  FundsThresholdCrossed percent=25\n");
  EXPECT_EQ(ToldBy(message), 2u);
  EXPECT_EQ(RenderStreamedForPeople(v1::WatchEntriesResponse()), "");
  EXPECT_EQ(ToldBy(v1::WatchEntriesResponse()), 0u);
}

TEST(RenderStreamed, SaysHowFundsStandAndWhatHappensToThem) {
  const auto message = Read<v1::WatchFundsResponse>(R"(
      position: 9
      states { billing_account: "org-lab" percent: 25 funds_micros: 70000000 base_micros: 100000000 currency: "USD" }
      events { notice { kind: KIND_THRESHOLD_CROSSED billing_account: "org-lab" percent: 50 funds_micros: 50000000
                        base_micros: 100000000 currency: "USD" position: 8 event_time { seconds: 1790000000 } } }
      events { notice { kind: KIND_OUT_OF_FUNDS billing_account: "org-lab" percent: 100 funds_micros: -1000000
                        base_micros: 100000000 currency: "USD" position: 8 event_time { seconds: 1790000000 } } }
      events { notice { kind: KIND_RESTORED billing_account: "org-lab" funds_micros: 5000000 currency: "USD" position: 9
                        event_time { seconds: 1790000000 } } }
      events { termination_order { hold_id: "hold-3" billing_account: "org-lab" user_id: "user-ada" project_id:
                                   "project-2" reason: "No funds are left." position: 9
                                   order_time { seconds: 1790000000 } } })");
  EXPECT_EQ(RenderStreamedForPeople(message),
            "9  now  org-lab  25 % used, 70.00 USD left of 100.00 USD\n"
            "8  2026-09-21T14:13:20Z  org-lab  50 % used, 50.00 USD left of 100.00 USD\n"
            "8  2026-09-21T14:13:20Z  org-lab  OUT OF FUNDS, -1.00 USD left of 100.00 USD\n"
            "9  2026-09-21T14:13:20Z  org-lab  restored, 5.00 USD left\n"
            "9  2026-09-21T14:13:20Z  org-lab  STOP hold-3 of user-ada in project-2: No funds are left.\n");
  EXPECT_EQ(ToldBy(message), 4u);
}

TEST(RenderStreamed, AnswersChecksAndUsageWithTheirSequence) {
  EXPECT_EQ(RenderStreamedForPeople(Read<v1::StreamChecksResponse>(R"(
                sequence: 3 results { decision { allowed: true } } results { error { message: "No such\naction." } })")),
            "3 [0]  ALLOWED\n3 [1]  ERROR No such action.\n");
  EXPECT_EQ(RenderStreamedForPeople(Read<v1::StreamUsageResponse>(R"(
                sequence: 4 results { record_id: "r1" charge { charge_id: "charge-9" billing_account: "org-lab"
                                                               amount_micros: 1500000 currency: "USD" } }
                results { record_id: "r2" error { message: "No price." } })")),
            "4  r1  charge-9: 1.50 USD to org-lab\n4  r2  ERROR No price.\n");
}

TEST(RenderStreamed, WritesJsonOnOneLine) {
  v1::WatchEntriesResponse message;
  message.set_position(7);
  EXPECT_EQ(RenderStreamedJson(message), "{\"entries\":[],\"position\":\"7\"}\n");
}

}  // namespace
}  // namespace bursar::cli
