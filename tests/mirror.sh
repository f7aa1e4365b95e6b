#!/bin/sh
# tests/mirror.sh: the Debian mirror that this machine's apt uses, in whichever
# file and style it is configured.
apt-get indextargets --no-release-info \
    --format '$(REPO_URI) $(RELEASE) $(COMPONENT)' 'Created-By: Packages' |
    awk '$2 ~ /^(bookworm|trixie|(old)*stable)$/ && $3 == "main" {
            print $1
            found = 1
            exit
        }
        END {
            if (found)
                exit
            print "mirror: apt knows no Debian mirror: add one with the " \
                "suite bookworm and the component main to " \
                "/etc/apt/sources.list" >"/dev/stderr"
            exit 1
        }'
