// Signed checkpoints and proofs: what they hold against a log, and that nobody can make one up.
#include "ledger/archive/proof.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ledger/archive/tree.h"
#include "tests/archive/worlds.h"

namespace bursar {
namespace {

const LogIdentity kIdentity{.store_id = kStore, .epoch = 1};
const absl::Time kNow = absl::FromUnixSeconds(1'800'000'000);

VerifyingKey PublicOf(const SigningKey& key) { return *VerifyingKey::Read(key.PublicPem()); }

// Of the first so many blocks.
SignedCheckpoint CheckpointAt(const World& world, size_t blocks) {
  std::vector<BlockHash> hashes;
  for (size_t i = 0; i < blocks; ++i) hashes.push_back(world.ends()[i].hash);
  return CheckpointOf(kIdentity, world.ends()[blocks - 1], absl::FromUnixSeconds(7), hashes, kNow);
}

absl::Status Hold(const SignedCheckpoint& checkpoint, const EventLog& log, const LogIdentity& identity = kIdentity) {
  CheckedAgainst against(checkpoint, identity);
  EXPECT_TRUE(log.Read(1,
                       [&](const StoredBlock& block) {
                         against.Add(block);
                         return absl::OkStatus();
                       })
                  .ok());
  return against.Check();
}

TEST(Tree, LeadsFromEveryBlockToItsRootAndFromNoOther) {
  std::vector<BlockHash> blocks;
  for (unsigned char size = 1; size <= 33; ++size) {
    blocks.push_back(BlockHash{size});
    const BlockHash root = TreeRoot(blocks);
    for (uint64_t i = 0; i < blocks.size(); ++i) {
      const std::vector<BlockHash> path = TreePath(blocks, i);
      EXPECT_EQ(RootByPath(blocks[i], i, blocks.size(), path), root) << i << " of " << blocks.size();
      EXPECT_NE(RootByPath(BlockHash{200}, i, blocks.size(), path), root);
      EXPECT_NE(RootByPath(blocks[i], i + 1, blocks.size(), path), root) << i << " of " << blocks.size();
      std::vector<BlockHash> longer = path;
      longer.push_back(BlockHash{1});
      EXPECT_NE(RootByPath(blocks[i], i, blocks.size(), longer), root);
    }
  }
}

// A root that other programs compute too: RFC 9162 over one leaf is SHA-256(0x00 || leaf).
TEST(Tree, OfOneBlockIsTheHashOfALeaf) {
  EXPECT_EQ(HashText(TreeRoot({BlockHash{}})), "7f9c9e31ac8256ca2f258583df262dbc7d6f68f2a03043d5c99a4ae5a7396ce9");
}

TEST(SigningKey, IsReadBackFromItsFiles) {
  const SigningKey key = SigningKey::Fresh();
  const auto again = SigningKey::Read(key.PrivatePem());
  ASSERT_TRUE(again.ok());
  EXPECT_TRUE(PublicOf(key).HasSigned("words", again->Sign("words")));
  EXPECT_FALSE(PublicOf(key).HasSigned("other words", again->Sign("words")));
  EXPECT_FALSE(PublicOf(SigningKey::Fresh()).HasSigned("words", again->Sign("words")));
  EXPECT_FALSE(SigningKey::Read("no key").ok());
  EXPECT_FALSE(VerifyingKey::Read(key.PrivatePem()).ok());
}

TEST(SignedCheckpoint, SaysWhatWasSigned) {
  const World world(1);
  const SigningKey key = SigningKey::Fresh();
  const SignedCheckpoint checkpoint = CheckpointAt(world, 10);
  const auto read = ReadSignedCheckpoint(Sign(checkpoint, key), PublicOf(key));
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(read->identity.store_id, kStore);
  EXPECT_EQ(read->end.position, checkpoint.end.position);
  EXPECT_EQ(read->end.hash, checkpoint.end.hash);
  EXPECT_EQ(read->blocks, 10u);
  EXPECT_EQ(read->sign_time, kNow);
}

TEST(SignedCheckpoint, ThatWasChangedAnywhereIsNotBelieved) {
  const World world(2);
  const SigningKey key = SigningKey::Fresh();
  const std::string text = Sign(CheckpointAt(world, 10), key);
  for (size_t i = 0; i < text.size(); ++i) {
    std::string changed = text;
    changed[i] = static_cast<char>(changed[i] ^ 1);
    EXPECT_TRUE(absl::IsDataLoss(ReadSignedCheckpoint(changed, PublicOf(key)).status())) << "byte " << i;
  }
  EXPECT_TRUE(absl::IsDataLoss(ReadSignedCheckpoint(text, PublicOf(SigningKey::Fresh())).status()));
  EXPECT_TRUE(absl::IsDataLoss(ReadSignedCheckpoint(text.substr(0, text.size() - 1), PublicOf(key)).status()));
  EXPECT_TRUE(absl::IsDataLoss(ReadSignedCheckpoint(text + "more\n", PublicOf(key)).status()));
}

TEST(SignedCheckpoint, HoldsForTheLogThatGoesOn) {
  const World world(3);
  EXPECT_TRUE(Hold(CheckpointAt(world, 5), world.log()).ok());
  EXPECT_TRUE(Hold(CheckpointAt(world, world.ends().size()), world.log()).ok());
}

TEST(SignedCheckpoint, HoldsForNoOtherLog) {
  const World world(4);
  const World other(5);
  const SignedCheckpoint checkpoint = CheckpointAt(world, 5);
  EXPECT_TRUE(absl::IsDataLoss(Hold(checkpoint, other.log())));
  EXPECT_TRUE(absl::IsDataLoss(Hold(checkpoint, MemoryLog())));
  EXPECT_TRUE(absl::IsDataLoss(Hold(checkpoint, world.log(), {.store_id = "ffffffffffffffffffffffffffffffff"})));
  MemoryLog shorter;
  CopyTo(world.log(), world.ends()[3], shorter);
  EXPECT_TRUE(absl::IsDataLoss(Hold(checkpoint, shorter)));
}

class Proving : public testing::Test {
 protected:
  absl::StatusOr<Proof> Find(Position entry) {
    OpenLog source(world_.log(), kIdentity);
    return FindProof(source, entry, checkpoint_, {});
  }

  const World world_{6, 60};
  const SigningKey key_ = SigningKey::Fresh();
  const SignedCheckpoint checkpoint_ = CheckpointAt(world_, world_.ends().size() - 2);
  const std::string signed_ = Sign(checkpoint_, key_);
};

TEST_F(Proving, ShowsEveryEntryUpToTheCheckpoint) {
  const auto entries = EntriesTo(world_.log(), checkpoint_.end.position);
  for (const storage::v1::Entry& entry : entries) {
    const auto proof = Find(entry.position());
    ASSERT_TRUE(proof.ok()) << proof.status();
    const auto proven = CheckProof(WriteProof(*proof, signed_), PublicOf(key_));
    ASSERT_TRUE(proven.ok()) << proven.status();
    EXPECT_EQ(proven->entry.SerializeAsString(), entry.SerializeAsString());
    EXPECT_EQ(proven->checkpoint.end.hash, checkpoint_.end.hash);
  }
}

TEST_F(Proving, NeedsACheckpointFromAfterTheEntry) {
  EXPECT_TRUE(absl::IsOutOfRange(Find(checkpoint_.end.position + 1).status()));
  EXPECT_TRUE(absl::IsOutOfRange(Find(0).status()));
}

TEST_F(Proving, ProvesNothingWhereItWasChanged) {
  const auto proof = Find(7);
  ASSERT_TRUE(proof.ok()) << proof.status();
  const std::string text = WriteProof(*proof, signed_);
  const std::string entry = CheckProof(text, PublicOf(key_))->entry.SerializeAsString();
  const size_t asked = text.find("entry ");
  for (size_t i = 0; i < text.size(); ++i) {
    std::string changed = text;
    changed[i] = static_cast<char>(changed[i] ^ 1);
    const auto proven = CheckProof(changed, PublicOf(key_));
    // Another entry of the block may be asked for; what is shown stands there all the same.
    if (proven.ok() && i > asked && i < text.find("first ")) continue;
    // The last letter of base64 has bits that say nothing.
    if (!proven.ok()) continue;
    EXPECT_EQ(proven->entry.SerializeAsString(), entry) << "byte " << i;
    EXPECT_TRUE(text[i + 1] == '=' || text[i + 1] == '\n') << "byte " << i;
  }
}

TEST_F(Proving, ProvesNothingWithABlockOfAnotherLog) {
  const World other(7, 60);
  OpenLog source(other.log(), kIdentity);
  std::vector<BlockHash> hashes;
  for (const LogEnd& end : other.ends()) hashes.push_back(end.hash);
  const SignedCheckpoint checkpoint =
      CheckpointOf(kIdentity, other.ends().back(), absl::FromUnixSeconds(7), hashes, kNow);
  const auto proof = FindProof(source, 7, checkpoint, {});
  ASSERT_TRUE(proof.ok()) << proof.status();
  // Under the checkpoint of this one.
  const auto proven = CheckProof(WriteProof(*proof, signed_), PublicOf(key_));
  EXPECT_TRUE(absl::IsDataLoss(proven.status())) << proven.status();
}

TEST_F(Proving, ProvesNothingUnderAnotherKey) {
  const auto proof = Find(7);
  ASSERT_TRUE(proof.ok()) << proof.status();
  const auto proven = CheckProof(WriteProof(*proof, signed_), PublicOf(SigningKey::Fresh()));
  EXPECT_TRUE(absl::IsDataLoss(proven.status())) << proven.status();
}

}  // namespace
}  // namespace bursar
