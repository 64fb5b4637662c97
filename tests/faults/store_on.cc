#include "tests/faults/store_on.h"

namespace bursar::faults {

Store::Options StoreOn(const std::shared_ptr<FaultFiles>& files, const Layout& layout) {
  Store::Options options;
  options.folder = kStoreFolder;
  if (layout.journal_elsewhere) options.journal_folder = kOtherFolder;
  options.files = files;
  options.env = EnvOn(files);
  options.write_buffer_bytes = layout.write_buffer_bytes;
  return options;
}

}  // namespace bursar::faults
