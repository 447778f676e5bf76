// Where a run takes place.
#ifndef RTFQ_TOOLS_ENVIRONMENT_H_
#define RTFQ_TOOLS_ENVIRONMENT_H_

#include <string>
#include <vector>

#include "rtfq/core/engine.h"
#include "rtfq/tools/run.pb.h"

namespace rtfq {

// `command` is argv. The commit is what git says of the checkout that `bazel
// run` was called in, "unknown" elsewhere.
RunEnvironment DescribeEnvironment(const Engine& engine,
                                   const std::vector<std::string>& command);

// As one would type it: words with anything unusual in them in single quotes.
std::string ShellLine(const std::vector<std::string>& words);

}  // namespace rtfq

#endif  // RTFQ_TOOLS_ENVIRONMENT_H_
