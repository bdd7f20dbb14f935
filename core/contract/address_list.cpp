#include "contract/address_list.h"

#include "base/digest.h"

#include <QJsonDocument>
#include <QJsonObject>

namespace weir {

Result<std::vector<ListedAddress>> readAddressList(const QByteArray& json)
{
    const QJsonDocument document = QJsonDocument::fromJson(json);
    if (!document.isObject())
        return failure(Code::BadOption, QStringLiteral("a list of addresses is one JSON object: {\"ADDRESS\": \"taken\"}"));
    const QJsonObject object = document.object();
    std::vector<ListedAddress> list;
    for (auto each = object.begin(); each != object.end(); ++each) {
        ListedAddress address{.url = QUrl(each.key())};
        const QString wish = each.value().toString();
        if (!address.url.isValid())
            return failure(Code::BadOption, QStringLiteral("\"%1\" is no address").arg(each.key()));
        if (wish == u"refused") {
            address.wish = ListedAddress::Wish::Refused;
        } else if (wish == u"download") {
            address.wish = ListedAddress::Wish::Download;
        } else if (wish != u"taken") {
            const auto digest = parseDigest(wish);
            if (!digest)
                return failure(Code::BadOption,
                    QStringLiteral("\"%1\" stands for neither taken, refused, download nor a digest").arg(wish));
            address.wish = ListedAddress::Wish::Download;
            address.digest = *digest;
        }
        list.push_back(std::move(address));
    }
    return list;
}

} // namespace weir
