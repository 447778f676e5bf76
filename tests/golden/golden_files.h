// Where the oracle's numbers are.
#ifndef TESTS_GOLDEN_GOLDEN_FILES_H_
#define TESTS_GOLDEN_GOLDEN_FILES_H_

#include <string>

#include "rtfq/core/safetensors.h"

namespace rtfq {

// A file of --golden_dir, or of tests/golden/testdata without the flag.
std::string GoldenPath(const std::string& name);

// Ends the test program with a message where the file cannot be read.
SafetensorsFile ReadGolden(const std::string& name);

}  // namespace rtfq

#endif  // TESTS_GOLDEN_GOLDEN_FILES_H_
