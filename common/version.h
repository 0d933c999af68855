// The version of both programs. scripts/deb.sh VERSION writes another one into its copy of this
// file.
#pragma once

#ifndef PARLOR_VERSION
#define PARLOR_VERSION "0.2.0"
#endif
