// Signatures in minisign's format. The keys and signatures here were made by minisign 0.11; that it takes ours too is shown by
// e2e/signed_metalink_test.cpp.

#include <weir/signature.h>

#include <gtest/gtest.h>

using namespace weir;

namespace {

const QByteArray kPublic = "untrusted comment: minisign public key B09240997CAB4C97\n"
                           "RWSXTKt8mUCSsBo/FOOT1SOVrRGaifvKpZts4ViIJO8RxdqgDfNNC4Em\n";
const QByteArray kSecret =
    "untrusted comment: minisign encrypted secret key\n"
    "RWQAAEIyAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAl0yrfJlAkrDzo9Di7PuqI123Mtp9I+QxptV2"
    "fW3Z5LZ1IYdppXqFYxo/FOOT1SOVrRGaifvKpZts4ViIJO8RxdqgDfNNC4EmAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n";
const QByteArray kOther = "RWT+7daBozyIDMzUhlQNPkwRXQJfJAf8G8trYOj8TzwC1HCdE4dH2k2C";
const QByteArray kDocument = "hello weir\n";
const QByteArray kSignature =
    "untrusted comment: signature from minisign secret key\n"
    "RUSXTKt8mUCSsDVJfS6wbNO8s3OWnBzqfpPWOoVNPKXU++Xx/H4JoWKoQhbXimfSu5De+P4awS0xyQmNniOsNvC06SB7a1lrDAo=\n"
    "trusted comment: made by minisign\n"
    "qr2uiPutJtOdBrPbCZHhG6NPJASD5cvYAxWbe9bozBJvkUKWBqE4A29y596LHShOGc6/Yyl7J0bFXRLBKX9xDw==\n";
const QByteArray kOldKind =
    "untrusted comment: signature from minisign secret key\n"
    "RWSXTKt8mUCSsN0zJFxaEMV3VMCp/uY4CFCfwaFdHsk+KtjeqFz9f6mNnPq4adfNKMrKkK7CRw3+lD0k5lQLzmHXrgpod6aGeQk=\n"
    "trusted comment: old kind\n"
    "r/iX1yXye10f8XI4GUVP/UDfB7RwAIRJcncCYS8m9pm0XQOof2wbDld4Kq1LWirX9VQx+PauufE5F2L4YCTMAQ==\n";

PublicKey key(const QByteArray& text)
{
    const auto parsed = parsePublicKey(text);
    EXPECT_TRUE(parsed);
    return parsed ? *parsed : PublicKey{};
}

Code codeOf(const QByteArray& document, const QByteArray& signature, const QList<PublicKey>& keys)
{
    const auto checked = checkSignature(document, signature, keys);
    return checked ? Code::Ok : checked.error().code;
}

TEST(Signature, OfMinisignIsTaken)
{
    const auto checked = checkSignature(kDocument, kSignature, {key(kOther), key(kPublic)});
    ASSERT_TRUE(checked) << describe(checked.error()).toStdString();
    EXPECT_EQ(checked->comment, "made by minisign");
    EXPECT_EQ(nameOf(checked->keyId), "B09240997CAB4C97");
    EXPECT_EQ(codeOf(kDocument, QByteArray(kSignature).replace("\n", "\r\n"), {key(kPublic)}), Code::Ok);
}

TEST(Signature, OwnOneIsTaken)
{
    const auto secret = parseSecretKey(kSecret, {});
    ASSERT_TRUE(secret) << describe(secret.error()).toStdString();
    for (const QByteArray& document : {QByteArray(), QByteArray("x"), QByteArray(1 << 20, 'y')}) {
        const auto signature = sign(document, *secret, "file:x");
        ASSERT_TRUE(signature);
        const auto checked = checkSignature(document, *signature, {key(kPublic)});
        ASSERT_TRUE(checked) << describe(checked.error()).toStdString();
        EXPECT_EQ(checked->comment, "file:x");
        EXPECT_EQ(codeOf(document + "z", *signature, {key(kPublic)}), Code::SignatureBad);
    }
}

TEST(Signature, WhatWasChangedIsRefused)
{
    const QList<PublicKey> keys{key(kPublic)};
    EXPECT_EQ(codeOf("hello weir", kSignature, keys), Code::SignatureBad);
    EXPECT_EQ(codeOf(kDocument, QByteArray(kSignature).replace("made by", "sold by"), keys), Code::SignatureBad) << "comment";
    EXPECT_EQ(codeOf(kDocument, kOldKind, keys), Code::SignatureBad);
    EXPECT_EQ(codeOf(kDocument, kSignature, {key(kOther)}), Code::SignatureUntrusted);
    EXPECT_EQ(codeOf(kDocument, kSignature, {}), Code::SignatureUntrusted);
    // Another key that says it is ours.
    EXPECT_EQ(codeOf(kDocument, kSignature, {{key(kPublic).id, key(kOther).key}}), Code::SignatureBad);
    // Every character of both signatures counts; the remark does not.
    for (qsizetype at = kSignature.indexOf('\n') + 1; at < kSignature.size() - 1; ++at) {
        QByteArray changed = kSignature;
        changed[at] = changed[at] == 'A' ? 'B' : 'A';
        EXPECT_NE(codeOf(kDocument, changed, keys), Code::Ok) << at;
    }
}

TEST(Signature, WhatIsNoneIsRefused)
{
    const QList<PublicKey> keys{key(kPublic)};
    for (const QByteArray& text : {QByteArray(), QByteArray("\n\n\n\n"), kPublic, kSignature.first(kSignature.size() - 10),
             kSignature + "more\n", QByteArray(1 << 20, 'x'), QByteArray(kSignature).replace("trusted comment: made", "made")})
        EXPECT_EQ(codeOf(kDocument, text, keys), Code::SignatureBad) << text.left(60).toStdString();
}

TEST(Signature, KeysThatAreNone)
{
    for (const QByteArray& text : {QByteArray(), QByteArray("RWS"), kSecret, kSignature, kOther + kOther, kPublic + kPublic}) {
        const auto parsed = parsePublicKey(text);
        EXPECT_TRUE(!parsed && parsed.error().code == Code::KeyUnusable) << text.left(60).toStdString();
    }
    for (const QByteArray& text : {QByteArray(), kPublic, kSecret + kSecret})
        EXPECT_FALSE(parseSecretKey(text, {})) << text.left(60).toStdString();
    // Of a secret key nothing is told.
    QByteArray damaged = kSecret;
    damaged.replace("Mtp9I", "Mtp9J");
    const auto parsed = parseSecretKey(damaged, {});
    ASSERT_FALSE(parsed);
    EXPECT_FALSE(describe(parsed.error()).contains("Mtp9"));
}

} // namespace
