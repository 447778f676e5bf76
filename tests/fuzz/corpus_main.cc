// Gives a fuzzed function each file named on the command line, once.
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <string>

#include "rtfq/core/file.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fputs("no input is named: the corpus is empty\n", stderr);
    return 1;
  }
  for (int i = 1; i < argc; ++i) {
    const absl::StatusOr<std::string> bytes = rtfq::ReadFile(argv[i]);
    if (!bytes.ok()) {
      std::fprintf(stderr, "%s\n", bytes.status().ToString().c_str());
      return 1;
    }
    // Named first, so that a crash shows the input it is from.
    std::printf("%s: %zu bytes\n", argv[i], bytes->size());
    std::fflush(stdout);
    LLVMFuzzerTestOneInput(reinterpret_cast<const uint8_t*>(bytes->data()),
                           bytes->size());
  }
  return 0;
}
