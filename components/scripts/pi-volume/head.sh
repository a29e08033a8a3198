#!/bin/bash
# Moves k3s's data from a Raspberry Pi's SD card into an ext4 image on an external drive, whose every block is reserved, and
# keeps it there: k3s never starts on the bare card. `main` at the end says how to call it. Runs as root on Debian or
# Raspberry Pi OS 11 to 13. Sent over SSH on standard input: bash -s -- VERB ARGUMENT...
#
# One rule decides all: the line in /etc/fstab is there if and only if the image is the truth. What is so is read from the
# Pi each time (facts.sh), so every run may be cut anywhere and run again.
