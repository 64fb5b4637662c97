// The built program as a server: on loopback and in a folder of its own.
#pragma once

#include <filesystem>
#include <string>

#include "gtest/gtest.h"
#include "tests/cli/process.h"
#include "tests/folder.h"

namespace bursar {

// An empty ledger, where there is none yet.
inline void Init(const std::string& data_folder) {
  if (std::filesystem::exists(data_folder + "/store")) return;
  const Outcome made = Process(BURSAR_PROGRAM, {"init", "--data-dir", data_folder}).Wait();
  EXPECT_EQ(made.code, 0) << made.err;
}

// Makes the ledger where there is none. Says in its first line where it serves, as soon as it does.
inline Process Serve(const std::string& data_folder, const std::string& address = "127.0.0.1:0") {
  Init(data_folder);
  // On whatever disk the tests have.
  return Process(BURSAR_PROGRAM, {"serve", "--data-dir", data_folder, "--listen", address, "--disk-low-bytes", "0",
                                  "--ballast-bytes", "0"});
}

// "... at 127.0.0.1:1234 (..." -> "127.0.0.1:1234"
inline std::string AddressIn(const std::string& ready_line) {
  const size_t at = ready_line.find(" at ") + 4;
  return ready_line.substr(at, ready_line.find(' ', at) - at);
}

}  // namespace bursar
