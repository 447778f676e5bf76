// Paths as people type them.
#ifndef RTFQ_TOOLS_PATHS_H_
#define RTFQ_TOOLS_PATHS_H_

#include <string>

namespace rtfq {

// An absolute path without "." and "..": a leading ~/ is `home` (the shell does
// not replace it behind --data=), anything else that is relative is relative to
// `working_folder`. "" stays "".
std::string AbsolutePath(const std::string& path,
                         const std::string& working_folder,
                         const std::string& home);

// The same with the folder the person stands in: RTFQ_WORKING_DIRECTORY, which
// bazelw sets when it is called from outside the checkout, else
// BUILD_WORKING_DIRECTORY, which `bazel run` sets, else the process's.
std::string UserPath(const std::string& path);

}  // namespace rtfq

#endif  // RTFQ_TOOLS_PATHS_H_
