// The state as bytes: written, read back, and refused where they are damaged.
#include "ledger/domain/canonical.h"

#include <string>

#include "absl/strings/match.h"
#include "tests/domain/story.h"

namespace bursar {
namespace {

std::string Written(const State& state) {
  std::string bytes;
  EXPECT_TRUE(WriteState(state, [&](absl::string_view piece) {
                bytes.append(piece.data(), piece.size());
                return absl::OkStatus();
              }).ok());
  return bytes;
}

// A state with something of most kinds in it.
void Fill(Story& story) {
  story.FundedLab();
  story.Upgrade("cleo");
  story.Must(GrantCredit{.billing_account = kLabs,
                         .amount = Usd("20"),
                         .expire_time = story.now() + absl::Hours(40),
                         .actions = {"analysis.run"},
                         .reason = "A welcome."});
  story.Must(RecordPayment{.billing_account = kLabs, .amount = Usd("5"), .reference = "Wire 17"});
  story.Must(CreateProject{.user = kAda, .name = "Genomes", .bill_to = kLabs});
  story.Must(CoreHours(kBob, 7, kLabs));
  story.Hold(Job(kBob, Usd("3"), kLabs));
  story.Must(Check{Job(kEve, Usd("3"), kLabs)});
  story.Must(RequestLimitIncrease{
      .billing_account = kLabs, .user = kAda, .requested_limit = Usd("2000"), .reason = "A larger study."});
}

TEST(ReadState, GivesTheStateThatWasWritten) {
  Story story;
  Fill(story);
  const absl::StatusOr<State> read = ReadState(Written(story.state()));
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(read->Canonical(), story.state().Canonical());
  EXPECT_FALSE(read->due.empty());
  EXPECT_FALSE(read->denials_by_age.empty());
}

TEST(ReadState, TakesTheBytesInPiecesOfAnySize) {
  Story story;
  Fill(story);
  const std::string bytes = Written(story.state());
  for (const size_t size : {1, 2, 7, 100'000}) {
    size_t done = 0;
    const absl::StatusOr<State> read = ReadState([&] {
      const absl::string_view piece = absl::string_view(bytes).substr(done, size);
      done += piece.size();
      return piece;
    });
    ASSERT_TRUE(read.ok()) << read.status();
    EXPECT_EQ(read->Canonical(), story.state().Canonical()) << size;
  }
}

TEST(ReadState, NoticesAnEndThatIsEarlyOrLate) {
  Story story;
  Fill(story);
  const std::string bytes = Written(story.state());
  for (size_t size = 0; size < bytes.size(); ++size) {
    const absl::StatusOr<State> read = ReadState(absl::string_view(bytes).substr(0, size));
    ASSERT_FALSE(read.ok()) << size;
    ASSERT_TRUE(absl::IsDataLoss(read.status())) << read.status();
  }
  EXPECT_THAT(ReadState(bytes + "x"), Says("they go on beyond their end"));
}

// Whatever is read, it is read or refused; what is read is not what was written.
TEST(ReadState, SurvivesEveryFlippedByte) {
  Story story;
  Fill(story);
  const std::string bytes = Written(story.state());
  for (size_t i = 0; i < bytes.size(); ++i) {
    for (const int flip : {0x01, 0x40, 0x80, 0xff}) {
      std::string damaged = bytes;
      damaged[i] = static_cast<char>(damaged[i] ^ flip);
      const absl::StatusOr<State> read = ReadState(damaged);
      if (!read.ok()) continue;
      EXPECT_TRUE(Written(*read) != bytes) << "byte " << i << " flipped by " << flip;
    }
  }
}

TEST(ReadState, TakesNoMemoryForLengthsThatOnlyPromise) {
  Story story;
  // Position, time, no manual clock, and a number of partners: as many as there can be.
  const std::string partners("\x01\x02\x00\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 13);
  EXPECT_THAT(ReadState(partners), Says("they end early"));
}

TEST(WriteState, StopsAtTheFirstErrorOfItsSink) {
  Story story;
  Fill(story);
  const absl::Status written =
      WriteState(story.state(), [](absl::string_view) { return absl::ResourceExhaustedError("The disk is full."); });
  EXPECT_EQ(written, absl::ResourceExhaustedError("The disk is full."));
}

TEST(StateLayout, NamesTheKindsOfAllMembersAndNoIndex) {
  // Position, time, whether there was a manual clock, and partners, each of three texts and a list.
  EXPECT_TRUE(absl::StartsWith(StateLayout(), "(ntn({s:(sss[(sn)])}")) << StateLayout();
  // What is due and the expired holds by their age come last, without the index between them.
  EXPECT_TRUE(absl::EndsWith(StateLayout(), "{(ten)}{(tn)})")) << StateLayout();
}

}  // namespace
}  // namespace bursar
