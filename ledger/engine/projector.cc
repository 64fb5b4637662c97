#include "ledger/engine/projector.h"

#include <utility>

#include "ledger/base/planted.h"

namespace bursar {

bool Projector::Turn(Patience patience) {
  if (over_) return false;
  Pipeline::Uncollected next;
  const Work work = pipeline_.TakeUncollected(next, patience);
  over_ = work == Work::kOver;
  if (work != Work::kSome) return false;
  if (BURSAR_PLANTED(projections_miss_the_end_of_a_block) && next.block && next.block->block->entries_size() > 1) {
    auto shortened = std::make_shared<storage::v1::Block>(*next.block->block);
    shortened->mutable_entries(shortened->entries_size() - 1)->clear_events();
    next.block->block = std::move(shortened);
  }
  absl::Status followed =
      next.block ? projections_.Take(*next.block->block, next.block->hash) : projections_.Follow(next.target);
  if (followed.ok()) {
    pipeline_.Projected(projections_.position());
  } else {
    over_ = true;
    pipeline_.Fail(std::move(followed));
  }
  return true;
}

}  // namespace bursar
