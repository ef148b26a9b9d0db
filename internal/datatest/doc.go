// Package datatest reaches into the data folder of a program that runs, behind its
// back: it hears what is sent to the topic, sends it again, takes messages and never
// acknowledges them, and falsifies documents.
//
// It leans on the drivers that made the folder's files, and on the names that they
// have there.
package datatest
