#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <iostream>
#include <iterator>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "services/cli/cli.h"

namespace {

absl::StatusOr<std::string> ReadFile(const std::string& file) {
  if (file == "-") return std::string(std::istreambuf_iterator<char>(std::cin), {});
  std::ifstream in(file, std::ios::binary);
  std::string text(std::istreambuf_iterator<char>(in), {});
  if (!in.is_open() || in.bad()) return absl::NotFoundError(absl::StrCat(file, " cannot be read."));
  return text;
}

// Of the terminal behind standard output; 80 where it does not say.
int Columns() {
  winsize size = {};
  const bool known = ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0;
  return known ? size.ws_col : 80;
}

}  // namespace

int main(int count, char** arguments) {
  const bursar::cli::World world{
      .out = std::cout,
      .err = std::cerr,
      .err_is_terminal = isatty(STDERR_FILENO) != 0,
      .variable = [](const std::string& variable) -> std::optional<std::string> {
        const char* value = std::getenv(variable.c_str());
        return value == nullptr ? std::nullopt : std::optional<std::string>(value);
      },
      .read_file = ReadFile,
      .now = absl::Now,
      .out_is_terminal = isatty(STDOUT_FILENO) != 0,
      .columns = Columns(),
  };
  const int code = bursar::cli::Run({arguments + 1, arguments + count}, world);
  std::cout.flush();
  return std::cout.good() ? code : EXIT_FAILURE;
}
