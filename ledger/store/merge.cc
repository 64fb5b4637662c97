#include "ledger/store/merge.h"

#include <algorithm>

#include "ledger/base/planted.h"
#include "ledger/log/block.h"

namespace bursar {
namespace {

using Found = std::array<std::optional<StoredBlock>, 2>;

void AddLack(const StoredBlock& block, CopySurvey& copy) {
  ++copy.blocks_lacking;
  if (!copy.lacks.empty() && copy.lacks.back().last + 1 == block.first) {
    copy.lacks.back().last = block.last;
  } else {
    copy.lacks.push_back({block.first, block.last});
  }
}

bool Equal(const StoredBlock& a, const StoredBlock& b) {
  return a.last == b.last && a.hash == b.hash && a.bytes == b.bytes;
}

// What each copy has of the block that comes next and follows.
absl::StatusOr<Found> FindNext(const std::array<BlockSource*, 2>& copies, Survey& survey) {
  Found found;
  for (size_t i = 0; i < copies.size(); ++i) {
    if (copies[i] == nullptr) continue;
    absl::StatusOr<std::optional<StoredBlock>> block = copies[i]->Find(survey.end.position + 1);
    if (!block.ok()) return block.status();
    if (!*block) continue;
    const bool same = i > 0 && found[0] && Equal(*found[0], **block);
    if (same || Follows(**block, survey.end) || BURSAR_PLANTED(verify_without_hash)) {
      found[i] = *std::move(block);
    } else {
      survey.copies[i].damaged = true;
    }
  }
  return found;
}

absl::Status LookBeyond(const std::array<BlockSource*, 2>& copies, Survey& survey) {
  for (size_t i = 0; i < copies.size(); ++i) {
    if (copies[i] == nullptr) continue;
    const absl::StatusOr<std::optional<Position>> after = copies[i]->After(survey.end.position + 1);
    if (!after.ok()) return after.status();
    if (*after) survey.beyond = std::min(survey.beyond.value_or(**after), **after);
    survey.copies[i].damaged |= copies[i]->damaged();
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<Survey> Merge(const std::array<BlockSource*, 2>& copies, const LogEnd& mark,
                             const std::function<absl::Status(const StoredBlock& block)>& visit) {
  Survey survey;
  survey.has_mark = mark.position == 0;
  while (true) {
    const absl::StatusOr<Found> found = FindNext(copies, survey);
    if (!found.ok()) return found.status();
    const std::optional<StoredBlock>& next = (*found)[0] ? (*found)[0] : (*found)[1];
    if (!next) break;
    for (size_t i = 0; i < copies.size(); ++i) {
      const std::optional<StoredBlock>& has = (*found)[i];
      if (has && Equal(*has, *next)) continue;
      AddLack(*next, survey.copies[i]);
      if (has) survey.differ = survey.copies[i].damaged = true;
    }
    survey.end = {.position = next->last, .hash = next->hash};
    survey.has_mark |= survey.end.position == mark.position && survey.end.hash == mark.hash;
    if (absl::Status visited = visit(*next); !visited.ok()) return visited;
  }
  if (absl::Status looked = LookBeyond(copies, survey); !looked.ok()) return looked;
  return survey;
}

}  // namespace bursar
